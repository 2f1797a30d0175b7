import { compareProfiles } from '../../../src/core/compare/compare.js';
import { lintProfile } from '../../../src/core/lint/lint.js';
import { allow, allowAllBut, masked, refuse, refuseAllBut } from '../../../src/core/lint/subject/example-profile.js';
import type { Profile } from '../../../src/core/profile/model.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { runtimeDefault } from '../../../src/core/profile/runtime-default.js';
import { scoreProfile } from '../../../src/core/risk/score.js';

const TRACED = { action: 'SCMP_ACT_TRACE' };
const TARGET = { architecture: 'SCMP_ARCH_X86_64', capabilities: [], kernel: '6.18' } as const;
const byDefault = (...names: string[]) =>
  JSON.stringify({ defaultAction: 'SCMP_ACT_TRACE', syscalls: [allow(['read', 'write', ...names])] });
const severities = (text: string) =>
  lintProfile(text)
    .problems.filter(({ code }) => code === 'SP020')
    .map(({ severity, message }) => `${severity} ${message.includes('its own child')}`);

describe('SP020', () => {
  test.each([
    ['by the default', allowAllBut([refuse(['keyctl'], TRACED)])],
    ['by name', refuseAllBut([refuse(['keyctl'], TRACED), allow(['ptrace'])])],
    ['beside a default of TRACE', byDefault('ptrace')],
    [
      'for some requests that do',
      allowAllBut([refuse(['keyctl'], TRACED), refuse(['ptrace'], { args: [masked(0, 0xffffffff, 16)] })]),
    ],
  ])('where ptrace is let through %s, the filter holds nobody: an error', (_, text) => {
    expect(severities(text)).toEqual(['error true']);
  });

  test.each([
    ['refused', allowAllBut([refuse(['keyctl'], TRACED), refuse(['ptrace'])])],
    ['traced itself', byDefault()],
    [
      'let through for other requests',
      refuseAllBut([refuse(['keyctl'], TRACED), allow(['ptrace'], masked(0, 0xffffffff, 0))]),
    ],
  ])('where ptrace is %s, a warning', (_, text) => {
    expect(severities(text)).toEqual(['warning false']);
  });
});

describe('lint, score and diff count the same as let through', () => {
  const profileOf = (text: string): Profile => {
    const { profile } = parseProfile(text);
    if (profile === undefined) throw new Error('not read');
    return profile;
  };
  const counts = (text: string) => {
    const score = scoreProfile(profileOf(text), TARGET);
    const diff = compareProfiles(runtimeDefault('containerd'), profileOf(text), TARGET);
    return {
      allowed: score.allowed[0]?.whole,
      above: score.aboveRuntimeDefault.length > 0,
      diff: diff.onlyB.length > 0,
      lint: lintProfile(text).problems.some(({ code }) => code === 'SP036'),
    };
  };

  test('TRACE counts where ptrace is let through', () => {
    const all = scoreProfile(profileOf(allowAllBut([refuse(['keyctl'], TRACED)])), TARGET).allowed[0];
    expect(all?.whole).toBe(all?.of);
    expect(counts(byDefault('ptrace'))).toMatchObject({ allowed: all?.of, above: true, diff: true, lint: true });
  });

  test('and nowhere else', () => {
    expect(counts(byDefault())).toEqual({ allowed: 2, above: false, diff: false, lint: false });
  });
});
