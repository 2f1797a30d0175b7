import fc from 'fast-check';
import { API_VERSION } from '../../../src/core/policy/schema/policy-schema.js';

type Json = unknown;
type Document = Readonly<Record<string, Json>>;

const mostly = <T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 24, arbitrary: usual }, { weight: 1, arbitrary: odd });

const name = mostly(
  fc.constantFrom('web', 'web-tier', 'a.b', 'x'.repeat(63), 'y'.repeat(253)),
  fc.constantFrom('', 'Web', 'web_tier', '-web', 'built-in', 'a..b', 'é', 'y'.repeat(254)),
);
const glob = mostly(
  fc.constantFrom('shop', 'team-*', '*', '*-a*b', 'x'.repeat(63)),
  fc.constantFrom('', '**', 'Shop', 'a.b', 'a/b', 'team-**', 'x'.repeat(64), ' ', 'ä'),
);
const account = mostly(
  fc.constantFrom('shop/*', '*/*', 'shop/web.app', 'team-*/ci'),
  fc.constantFrom('shop', 'a/b/c', '/x', 'x/', 'a.b/c', 'Shop/x', `${'x'.repeat(64)}/a`, '**/a'),
);
const image = mostly(
  fc.constantFrom(
    ...[
      'nginx',
      'nginx:1.*',
      '*',
      '**',
      '**/redis',
      'ghcr.io/acme/**/edge@sha256:*',
      'localhost/x',
      'localhost:5000/x',
    ],
    ...['Registry.Example.com/x', 'library/nginx', 'a--b', 'a__b', 'x@*', '*:1', '[::1]:5000/a', 'foo.bar:*', '*.io/x'],
  ),
  fc.constantFrom(
    ...['', 'nginx:', 'nginx@', ':x', '/x', 'x/', 'a//b', 'a***b', 'Nginx', 'http://x/y', 'a b', 'a___b', 'a.-b', '-a'],
    ...[
      'x:**',
      'x@sha256:zz',
      'a'.repeat(64),
      `sha256:${'a'.repeat(64)}`,
      'a_b.c/x',
      'x:.a',
      'foo.bar/_',
      'é',
      'a**/b',
    ],
    `${'a/'.repeat(512)}a`,
  ),
);
const reference = mostly(
  fc.constantFrom('RuntimeDefault', 'web-static', 'Localhost/team/app.json', 'Localhost/..a/.b', 'x'.repeat(63)),
  fc.constantFrom(
    ...[
      '',
      'Unconfined',
      'Unset',
      'runtimedefault',
      'web-*',
      'Localhost/',
      'Localhost//x',
      'Localhost/a/../b',
      'web_1',
    ],
    ...['Localhost/./x', 'Localhost/seccomply/x.json', 'Localhost/seccomply', 'Localhost/a\nb', 'x'.repeat(64), '-x'],
    `Localhost/${'é'.repeat(1024)}`,
    `Localhost/${'é'.repeat(1025)}`,
    `Localhost/${'𐀀'.repeat(1024)}`,
  ),
);
const pattern = mostly(
  fc.constantFrom('RuntimeDefault', '*', 'web-*', 'Unconfined', 'Unset', 'Localhost/**', 'Localhost/team/*/x.json'),
  fc.constantFrom('', '**', 'a**', 'Localhost/a**', 'Localhost/**b', 'Localhost/seccomply/**', 'Web-*', 'x'.repeat(64)),
);
const labelKey = mostly(
  fc.constantFrom('app', 'example.com/app', 'A_b.c', 'x'.repeat(63)),
  fc.constantFrom('', 'a b', '/x', 'x/', 'a/b/c', '-a', 'Example.com/a', 'x'.repeat(64), `${'a'.repeat(254)}/x`),
);
const labelValue = mostly(
  fc.constantFrom('web', '', 'A_1.b-c', 'x'.repeat(63)),
  fc.constantFrom('a b', '-a', 'a-', 'x'.repeat(64), 'é'),
);
const sentence = mostly(
  fc.constantFrom('why not', 'x', '…', '𐀀'.repeat(253)),
  fc.constantFrom('', ' ', '\t\n', '\u00a0', '\u2003\u3000', '\u200b', '\u0085', '𐀀'.repeat(254), 'x'.repeat(1025)),
);
const time = mostly(
  fc.constantFrom('2027-01-31T00:00:00Z', '2028-02-29T23:59:59.123456789+05:30', '2000-02-29T00:00:00-23:59'),
  fc.constantFrom(
    ...['', '2027-01-31', '2027-02-29T00:00:00Z', '2027-01-31T00:00:00', '2027-01-31t00:00:00z', 'tomorrow'],
    ...['2027-01-31T24:00:00Z', '2027-13-01T00:00:00Z', '1900-02-29T00:00:00Z', '2027-01-31T00:00:60Z'],
  ),
);

const some = <T>(item: fc.Arbitrary<T>, minLength = 1) =>
  mostly(fc.array(item, { minLength, maxLength: 3 }), fc.constant([]));
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) => fc.record(model, { requiredKeys: [] });
const types = some(fc.constantFrom('Container', 'Sidecar', 'Init', 'Ephemeral', 'Container', 'container'));

const expression = fc
  .record(
    {
      key: labelKey,
      operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'In', 'Equals'),
      values: fc.array(labelValue, { maxLength: 2 }),
    },
    { requiredKeys: ['key', 'operator'] },
  )
  .map(({ operator, values, ...rest }) => {
    const wanted = operator === 'In' || operator === 'NotIn';
    return { ...rest, operator, ...(values === undefined ? (wanted ? { values: ['a'] } : {}) : { values }) };
  });
const selector = optional({
  matchLabels: fc.dictionary(labelKey, labelValue, { maxKeys: 3 }),
  matchExpressions: fc.array(expression, { maxLength: 2 }),
});
const scope = {
  namespaces: some(glob),
  namespaceSelector: selector,
  podSelector: selector,
  serviceAccounts: some(account),
};
const match = optional({
  ...scope,
  exclude: fc.array(optional({ ...scope, runtimeClassNames: some(glob) }), { maxLength: 2 }),
});

const rule = fc.record(
  {
    name: mostly(
      fc.constantFrom('nginx', 'a b', 'Ä/x', 'x'.repeat(63), '𐀀'.repeat(63)),
      fc.constantFrom('', '1', ' a', 'a:b', 'x'.repeat(64)),
    ),
    images: some(image),
    containers: some(glob),
    containerTypes: types,
    profile: reference,
    stage: fc.constantFrom('Enforce', 'Enforce', 'Complain', 'Record', 'enforce'),
  },
  { requiredKeys: ['profile'] },
);

const severity = fc.constantFrom('Ignore', 'Warn', 'Deny');

const policy = fc.record({
  apiVersion: fc.constant(API_VERSION),
  kind: fc.constant('SeccompPolicy'),
  metadata: fc.record(
    {
      name,
      labels: fc.dictionary(labelKey, labelValue, { maxKeys: 2 }),
      annotations: fc.dictionary(labelKey, sentence, { maxKeys: 2 }),
    },
    { requiredKeys: ['name'] },
  ),
  spec: optional({
    description: mostly(
      fc.constantFrom('', 'x', '𐀀'.repeat(1024)),
      fc.constantFrom('x'.repeat(1025), '𐀀'.repeat(1025)),
    ),
    mode: fc.constantFrom('Enforce', 'Warn', 'Audit'),
    priority: mostly(fc.integer({ min: -1000000000, max: 1000000000 }), fc.constantFrom(1.5, 1000000001, -1000000001)),
    match,
    assign: fc.array(rule, { maxLength: 3 }),
    existing: fc.constantFrom('Tighten', 'Keep', 'Override'),
    unconfined: fc.constantFrom('Deny', 'Replace'),
    unavailable: fc.constantFrom('RuntimeDefault', 'Inject', 'Deny'),
    require: optional({
      profiles: some(pattern),
      ceiling: mostly(fc.constantFrom('RuntimeDefault', 'web-static'), fc.constantFrom('', 'Localhost/x', 'Unset')),
      containerTypes: types,
      hostAccess: severity,
      privileged: severity,
      templates: severity,
    }),
  }),
});

const exemption = fc.record({
  apiVersion: fc.constant(API_VERSION),
  kind: fc.constant('SeccompExemption'),
  metadata: fc.record({ name }),
  spec: fc.record(
    {
      match: fc.oneof(
        match,
        match.map((one) => ({ namespaces: ['perf'], ...one })),
      ),
      images: some(image),
      containers: some(glob),
      containerTypes: types,
      allow: some(pattern),
      policies: some(mostly(fc.constantFrom('web', 'built-in', 'a.b'), fc.constantFrom('', 'web-*', 'Web'))),
      reason: sentence,
      owner: sentence,
      ticket: sentence,
      expires: time,
    },
    { requiredKeys: ['match', 'allow', 'reason', 'owner', 'expires'] },
  ),
});

const profile = fc.record({
  apiVersion: fc.constant(API_VERSION),
  kind: fc.constant('SeccompProfile'),
  metadata: fc.record({
    name: mostly(fc.constantFrom('web', 'a-b', 'x'.repeat(63)), fc.constantFrom('a.b', 'x'.repeat(64), 'Web')),
  }),
  spec: fc.record(
    {
      description: fc.constantFrom('', 'x'),
      profile: mostly(
        fc.constantFrom('{}', '{"defaultAction":"SCMP_ACT_ERRNO"}', 'not json', '𐀀𐀀'),
        fc.constantFrom('', '{'),
      ),
      stages: some(fc.constantFrom('Record', 'Complain', 'Enforce', 'enforce')),
      capabilities: fc.array(
        fc.array(mostly(fc.constantFrom('SYS_CHROOT', 'ALL'), fc.constantFrom('CAP_X', 'sys', '')), { maxLength: 2 }),
        { maxLength: 2 },
      ),
      approval: fc.record(
        {
          digest: mostly(fc.constant('a'.repeat(64)), fc.constantFrom('a', 'A'.repeat(64), '')),
          reason: fc.constantFrom('', 'x'),
        },
        { requiredKeys: ['digest'] },
      ),
    },
    { requiredKeys: ['profile'] },
  ),
});

/** Something that does not belong there. No null: where there is a default, an API server takes a null away before it looks. */
const stranger = fc.constantFrom<Json>(0, 1, true, '', 'x', [], {}, ['x'], [0], { a: 1 }, { name: 'x' });

/** Documents of our kinds: good ones, such with odd texts, and such where something was removed, added or replaced. */
export const anyDocument: fc.Arbitrary<Document> = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: policy }, { weight: 3, arbitrary: exemption }, { weight: 1, arbitrary: profile }),
    fc.option(fc.record({ how: fc.constantFrom('remove', 'replace', 'add'), pick: fc.nat(), stranger }), { freq: 1 }),
  )
  .map(([document, change]) => (change === null ? document : changed(document, change)));

interface Change {
  readonly how: string;
  readonly pick: number;
  readonly stranger: Json;
}

/** Only inside spec: the head of a document decides which schema it is held against. */
function changed(document: Document, { how, pick, stranger: value }: Change): Document {
  const copy = structuredClone(document) as { spec: Record<string, Json> };
  const places: { readonly holder: Record<string, Json> | Json[]; readonly key: string | number }[] = [];
  const visit = (holder: Json): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [key, child] of Object.entries(holder)) {
      places.push({ holder: holder as Record<string, Json>, key });
      visit(child);
    }
  };
  visit(copy.spec);
  const place = places[pick % Math.max(1, places.length)];
  if (place === undefined) return document;
  const { holder, key } = place;
  if (how === 'add') (Array.isArray(holder) ? copy.spec : (holder as Record<string, Json>)).stranger = value;
  else if (how === 'remove' && !Array.isArray(holder)) delete (holder as Record<string, Json>)[key];
  else (holder as Record<string, Json>)[key] = value;
  return copy as unknown as Document;
}
