import fc from 'fast-check';
import { parseGlob } from '../../../../src/core/policy/match/glob.js';
import { parseImagePattern } from '../../../../src/core/policy/match/image-pattern.js';
import { parseProfilePattern, parseProfileReference } from '../../../../src/core/policy/match/profile-reference.js';
import {
  imagePatternShape,
  labelKeyShape,
  labelValueShape,
  namespaceShape,
  objectNameShape,
  profilePatternShape,
  profileReferenceShape,
  runtimeClassShape,
  sentenceShape,
  type TextShape,
  timeShape,
} from '../../../../src/core/policy/schema/text-shape.js';
import { parseLabelKey, parseLabelValue, parseObjectName } from '../../../../src/core/policy/values/kubernetes-name.js';
import { parseTime } from '../../../../src/core/policy/values/parse-time.js';
import { runs } from '../../../support/require.js';

interface Row {
  readonly what: string;
  readonly shape: TextShape;
  readonly accepts: (text: string) => boolean;
  /** What texts are put together from. */
  readonly pieces: readonly string[];
}

const hex = 'a0'.repeat(32);
const rows: readonly Row[] = [
  {
    what: 'image patterns',
    shape: imagePatternShape,
    accepts: (text) => parseImagePattern(text).ok,
    pieces: [
      ...'/:@*.-_aA0[]',
      '**',
      '**/',
      'nginx',
      'localhost',
      'ghcr.io',
      'Acme',
      ':5000/',
      'sha256:',
      hex,
      '__',
      '--',
      '@sha256:*',
      'sha512',
      '?',
      'http://',
    ],
  },
  {
    what: 'profile references',
    shape: profileReferenceShape,
    accepts: (text) => parseProfileReference(text).ok,
    pieces: [
      ...'/.*-aZ0',
      '..',
      'Localhost/',
      'seccomply',
      'RuntimeDefault',
      'Unconfined',
      'web-static',
      '\n',
      'é',
      'x'.repeat(31),
    ],
  },
  {
    what: 'profile patterns',
    shape: profilePatternShape,
    accepts: (text) => parseProfilePattern(text).ok,
    pieces: [
      ...'/.*-aZ0',
      '**',
      '..',
      'Localhost/',
      'seccomply',
      'RuntimeDefault',
      'Unset',
      'web-',
      '\t',
      '𐀀',
      'x'.repeat(31),
    ],
  },
  {
    what: 'namespace patterns',
    shape: namespaceShape,
    accepts: (text) => parseGlob(text, 'namespace', /[a-z0-9-]/).ok,
    pieces: [...'*-.aZ0_', '**', 'shop'],
  },
  {
    what: 'runtime class patterns',
    shape: runtimeClassShape,
    accepts: (text) => parseGlob(text, 'runtime class', /[a-z0-9.-]/).ok,
    pieces: [...'*-.aZ0_', '**', 'kata'],
  },
  {
    what: 'names',
    shape: objectNameShape,
    accepts: (text) => parseObjectName(text).ok,
    pieces: [...'-.aZ0_', 'web', 'x'.repeat(40)],
  },
  {
    what: 'label keys',
    shape: labelKeyShape,
    accepts: (text) => parseLabelKey(text).ok,
    pieces: [...'-._/aZ0', 'app', 'example.com/', 'x'.repeat(31), 'y.'.repeat(60)],
  },
  {
    what: 'label values',
    shape: labelValueShape,
    accepts: (text) => parseLabelValue(text).ok,
    pieces: [...'-._/aZ0', 'web', '\n'],
  },
  {
    what: 'times',
    shape: timeShape,
    accepts: (text) => parseTime(text).ok,
    pieces: [
      '2027',
      '2028',
      '1900',
      '2000',
      ...'-:TtZz+.',
      '00',
      '01',
      '02',
      '29',
      '30',
      '31',
      '12',
      '13',
      '23',
      '24',
      '59',
      '60',
    ],
  },
  {
    what: 'sentences',
    shape: sentenceShape,
    accepts: (text) => text.trim() !== '',
    pieces: [' ', '\t', '\u00a0', '\u2028', '\u3000', '\ufeff', '\u0085', '\u200b', 'a', '\0'],
  },
];

describe.each(rows)('the shape of $what', ({ shape, accepts, pieces }) => {
  const maxLength = (text: string) => [...text].length <= 253;
  const text = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''));

  test('accepts what the parser accepts, and nothing else', () => {
    fc.assert(
      fc.property(text.filter(maxLength), (one) => {
        expect([one, matchesShape(shape, one)]).toEqual([one, accepts(one)]);
      }),
      { numRuns: runs(3000) },
    );
  });
});

test('the shape of a time knows every day of every month, and no other', () => {
  for (const year of [1900, 2000, 2026, 2028, 2100])
    for (let month = 0; month <= 13; month += 1)
      for (let day = 0; day <= 32; day += 1) {
        const two = (number: number) => String(number).padStart(2, '0');
        const time = `${year}-${two(month)}-${two(day)}T23:59:59.5+05:30`;
        expect([time, matchesShape(timeShape, time)]).toEqual([time, parseTime(time).ok]);
      }
});

test('structured times agree too', () => {
  const two = (limit: number) => fc.integer({ min: 0, max: limit }).map((number) => String(number).padStart(2, '0'));
  const time = fc
    .tuple(
      fc.constantFrom('T', 't', ' '),
      two(25),
      two(61),
      two(61),
      fc.constantFrom('Z', 'z', '', '+00:00', '-23:59', '+24:00', '+5'),
    )
    .map(([separator, hours, minutes, seconds, zone]) => `2027-06-30${separator}${hours}:${minutes}:${seconds}${zone}`);
  fc.assert(
    fc.property(time, (one) => {
      expect([one, matchesShape(timeShape, one)]).toEqual([one, parseTime(one).ok]);
    }),
    { numRuns: runs(1000) },
  );
});

/** As a JSON Schema of the shape would: `pattern` holds and `not` does not. */
function matchesShape(shape: TextShape, text: string): boolean {
  return (
    new RegExp(shape.pattern, 'u').test(text) && (shape.not === undefined || !new RegExp(shape.not, 'u').test(text))
  );
}
