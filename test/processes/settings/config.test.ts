import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblem } from '../../../src/core/problem/problem.js';
import { ConfigError, type ConfigSources, configOf } from '../../../src/processes/settings/config.js';
import { readConfigFile } from '../../../src/processes/settings/config-file.js';
import {
  descriptionOf,
  isTakenBy,
  kebab,
  type ProcessName,
  processNames,
  type SettingName,
  settingNames,
  variable,
} from '../../../src/processes/settings/settings.js';

const folder = mkdtempSync(join(tmpdir(), 'seccomply-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string | Buffer) => {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, text);
  return readConfigFile(path);
};
const read = (sources: Partial<ConfigSources>, process: ProcessName = 'webhook') =>
  configOf(process, { flags: {}, environment: {}, ...sources });
/** What a person is told. */
const told = (sources: Partial<ConfigSources>, process: ProcessName = 'webhook'): string => {
  try {
    read(sources, process);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { problems } = error as ConfigError;
    expect((error as ConfigError).message).toBe(problems.map(formatProblem).join('\n'));
    return `\n${(error as ConfigError).message.replaceAll(folder, 'DIR')}\n`;
  }
  return 'good';
};

/** Four values of each setting that can be told apart, as texts, and what they come to. */
const values: { readonly [N in SettingName]: readonly (readonly [string, unknown])[] } = {
  listen: [
    ['a:1', { host: 'a', port: 1 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    [':65535', { host: '', port: 65_535 }],
  ],
  adminListen: [
    ['a:1', { host: 'a', port: 1 }],
    ['0.0.0.0:2', { host: '0.0.0.0', port: 2 }],
    ['[fe80::1%eth0]:3', { host: 'fe80::1%eth0', port: 3 }],
  ],
  policies: [
    ['a', ['a']],
    ['b,c', ['b', 'c']],
    [' d , ', ['d']],
  ],
  data: [
    ['a', 'a'],
    [' b ', 'b'],
    ['c', 'c'],
  ],
  profiles: [
    ['a', ['a']],
    ['b,c', ['b', 'c']],
    ['d', ['d']],
  ],
  baseline: [
    ['off', 'off'],
    ['RuntimeDefault', ['RuntimeDefault']],
    ['*,Unset', ['*', 'Unset']],
  ],
  runtimeDefault: [
    ['any', 'any'],
    ['containerd', 'containerd'],
    ['crio', 'crio'],
  ],
  longestExemption: [
    ['1d', 86_400_000],
    ['48h', 172_800_000],
    ['3650d', 315_360_000_000],
  ],
  tlsCert: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  tlsKey: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  tlsCa: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  tlsNames: [
    ['a', ['a']],
    ['b,10.0.0.1', ['b', '10.0.0.1']],
    ['c', ['c']],
  ],
  tlsMinVersion: [
    ['1.2', '1.2'],
    [' 1.3 ', '1.3'],
    ['1.2', '1.2'],
  ],
  tlsSecret: [
    ['a/b', 'a/b'],
    ['c/d', 'c/d'],
    ['e/f', 'e/f'],
  ],
  cluster: [
    ['auto', 'auto'],
    ['on', 'on'],
    ['off', 'off'],
  ],
  kubeconfig: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  context: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  namespace: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  identity: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  certificates: [
    ['secret', 'secret'],
    ['cert-manager', 'cert-manager'],
    ['self-managed', 'self-managed'],
  ],
  webhookUrl: [
    ['https://a', new URL('https://a')],
    ['https://[::1]:8443/', new URL('https://[::1]:8443/')],
    ['https://10.0.0.5:1', new URL('https://10.0.0.5:1')],
  ],
  vap: [
    ['no', false],
    ['1', true],
    ['False', false],
  ],
  interval: [
    ['100ms', 100],
    ['10m', 600_000],
    ['5', 5_000],
  ],
  clientCa: [
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ],
  clientCertificates: [
    ['optional', 'optional'],
    ['required', 'required'],
    ['optional', 'optional'],
  ],
  clientNames: [
    ['a', ['a']],
    ['b,c', ['b', 'c']],
    ['d', ['d']],
  ],
  shutdownDelay: [
    ['0', 0],
    ['1.5s', 1_500],
    ['20s', 20_000],
  ],
  deadline: [
    ['50ms', 50],
    ['2', 2_000],
    ['0.5m', 30_000],
  ],
  bodyLimit: [
    ['16KiB', 16_384],
    ['64k', 64_000],
    ['1 MiB', 1_048_576],
  ],
  inFlightLimit: [
    ['1Gi', 1_073_741_824],
    ['32MiB', 33_554_432],
    ['4GiB', 4_294_967_296],
  ],
  auditLimit: [
    ['1MiB', 1_048_576],
    ['2G', 2_000_000_000],
    ['1024GiB', 1_099_511_627_776],
  ],
  jsonDepth: [
    ['64', 64],
    ['1e3', 1_000],
    ['10000', 10_000],
  ],
  logLevel: [
    ['debug', 'debug'],
    ['silent', 'silent'],
    ['error', 'error'],
  ],
  logFormat: [
    ['json', 'json'],
    ['text', 'text'],
    ['json', 'json'],
  ],
};

/** What else has to be set for a setting to be allowed at all. */
const companions: ConfigSources['flags'] = { tlsCert: 'x', tlsKey: 'x', clientCa: 'x' };

describe.each(settingNames.map((name) => [name]))('%s', (name) => {
  const [[inFile, fromFile], [inVariable, fromVariable], [inFlag, fromFlag]] = values[name] as [
    readonly [string, unknown],
    readonly [string, unknown],
    readonly [string, unknown],
  ];
  const others = Object.fromEntries(Object.entries(companions).filter(([one]) => one !== name));
  const alone = name === 'tlsCert' || name === 'tlsKey' ? {} : others;

  const process = isTakenBy(name, 'webhook') ? 'webhook' : 'controller';
  const of = (sources: Partial<ConfigSources>) => read(sources, process);

  test('a flag before a variable, a variable before the file, the file before the default', () => {
    const everywhere = {
      environment: { [variable(name)]: inVariable },
      file: file(`${kebab(name)}: '${inFile}'`),
      flags: { ...others, [name]: inFlag },
    };
    const { [name]: _, ...noFlag } = everywhere.flags;
    expect(of(everywhere).config[name]).toEqual(fromFlag);
    expect(of({ ...everywhere, flags: noFlag }).config[name]).toEqual(fromVariable);
    expect(of({ ...everywhere, flags: noFlag, environment: {} }).config[name]).toEqual(fromFile);
    expect(of({ flags: noFlag, file: file(`${name}: '${inFile}'`) }).config[name]).toEqual(fromFile);
    expect(of({ flags: alone, environment: { [variable(name)]: '' } }).config[name]).toEqual(
      of({ flags: alone }).config[name],
    );
    expect(of(everywhere).notes).toEqual([]);
  });

  test('what it is not', () => {
    expect(told({ flags: { ...others, [name]: '' } }, process)).toContain(`error: --${kebab(name)} "" `);
    expect(told({ file: file(`${name}: { a: 1 }`), flags: others }, process)).toContain(
      `DIR/c.yaml:1:1: error: ${kebab(name)} `,
    );
    expect(told({ file: file(`${name}:`), flags: others }, process)).toContain(
      `DIR/c.yaml:1:1: error: ${kebab(name)} `,
    );
  });
});

test('the defaults', () => {
  const { listen, policies, shutdownDelay, logFormat, cluster, process, tlsCert } = read({}).config;
  expect({ listen, policies, shutdownDelay, logFormat, cluster, process, tlsCert }).toEqual({
    listen: { host: '127.0.0.1', port: 8443 },
    policies: undefined,
    shutdownDelay: 10_000,
    logFormat: 'json',
    cluster: 'auto',
    process: 'webhook',
    tlsCert: undefined,
  });
  expect(read({}, 'serve').config).toMatchObject({
    shutdownDelay: 0,
    logFormat: 'text',
    cluster: 'off',
    process: 'serve',
  });
  expect(Object.keys(read({}).config).sort()).toEqual(
    [...settingNames.filter((name) => read({}).config[name] !== undefined), 'process'].sort(),
  );
});

test('the defaults of the controller', () => {
  expect(read({}, 'controller').config).toEqual({
    process: 'controller',
    listen: { host: '127.0.0.1', port: 9443 },
    data: '.seccomply',
    baseline: ['RuntimeDefault', '*', 'Localhost/**', 'Unset'],
    longestExemption: 90 * 86_400_000,
    runtimeDefault: 'any',
    namespace: 'seccomply-system',
    certificates: 'self-managed',
    interval: 10_000,
    logLevel: 'info',
    logFormat: 'json',
  });
  const environment = { POD_NAME: 'seccomply-controller-7d9', POD_NAMESPACE: 'elsewhere' };
  expect(read({ environment }, 'controller').config).toMatchObject({
    identity: 'seccomply-controller-7d9',
    namespace: 'elsewhere',
  });
  expect(read({ flags: { vap: true } }, 'controller').config.vap).toBe(true);
  expect(read({ file: file('vap: true\nlisten: :1\n') }, 'controller').config).toMatchObject({ vap: true });
  expect(
    told(
      {
        flags: { webhookUrl: 'http://10.0.0.5', interval: '10ms' },
        environment: { SECCOMPLY_VAP: 'maybe', SECCOMPLY_CERTIFICATES: 'mine' },
        file: file('baseline: [Nothing/]\n'),
      },
      'controller',
    ),
  ).toMatchInlineSnapshot(`
"
DIR/c.yaml:1:1: error: baseline ["Nothing/"] has an entry that cannot be used: "Nothing/" is not a profile reference (baseline) [config-bad-value]
    Write RuntimeDefault, Unconfined, Unset, a catalogue name or a pattern like "web-*", or "Localhost/team/**".
error: SECCOMPLY_CERTIFICATES "mine" must be one of self-managed, cert-manager, secret [config-bad-value]
error: --webhook-url "http://10.0.0.5" must be an https URL [config-bad-value]
    Write it without a path: https://10.0.0.5:8443
error: SECCOMPLY_VAP "maybe" must be true or false [config-bad-value]
error: --interval "10ms" must be at least 100ms [config-bad-value]
"
`);
});

test('a setting of another process is a mistake in the file, and passed over with a note among the variables', () => {
  const shared = 'listen: 127.0.0.1:0\nvap: true\nwebhook-url: https://a\n';
  expect(told({ file: file(shared) })).toMatchInlineSnapshot(`
"
DIR/c.yaml:2:1: error: vap is a setting of controller: webhook does not take it (vap) [config-not-for-role]
    Leave it out here, and give each process a file of its own.
DIR/c.yaml:3:1: error: webhook-url is a setting of controller: webhook does not take it (webhook-url) [config-not-for-role]
    Leave it out here, and give each process a file of its own.
"
`);
  expect(told({ file: file('logLevel: warn\nclientCa: a\npolicies: [a]\n') }, 'controller')).toMatchInlineSnapshot(`
"
DIR/c.yaml:2:1: error: client-ca is a setting of serve and webhook: controller does not take it (clientCa) [config-not-for-role]
    Leave it out here, and give each process a file of its own.
DIR/c.yaml:3:1: error: policies is a setting of serve and webhook: controller does not take it (policies) [config-not-for-role]
    Leave it out here, and give each process a file of its own.
"
`);
  const environment = { SECCOMPLY_VAP: '1', SECCOMPLY_CLIENT_CA: 'a', SECCOMPLY_CLIENT_C: 'a', POD_NAME: 'a' };
  const notes = (process: ProcessName) => `\n${read({ environment }, process).notes.map(formatProblem).join('\n')}\n`;
  expect(notes('webhook')).toMatchInlineSnapshot(`
"
info: the environment variable SECCOMPLY_VAP is a setting of controller, and is not read [config-not-for-role]
warning: the environment variable SECCOMPLY_CLIENT_C is not a setting, and is not read [config-unknown-variable]
    Did you mean SECCOMPLY_CLIENT_CA?
"
`);
  expect(notes('controller')).toMatchInlineSnapshot(`
"
info: the environment variable SECCOMPLY_CLIENT_CA is a setting of serve and webhook, and is not read [config-not-for-role]
warning: the environment variable SECCOMPLY_CLIENT_C is not a setting, and is not read [config-unknown-variable]
"
`);
});

test('every bad value is told, all at once, each with how it was given, what is right, and its place', () => {
  expect(
    told({
      flags: {
        listen: '8443',
        adminListen: '::1',
        tlsMinVersion: '1.1',
        deadline: '10',
        shutdownDelay: '1 day',
        jsonDepth: '63.5',
        policies: [' ', ''],
        inFlightLimit: '64 MebiBytes',
      },
      environment: {
        SECCOMPLY_BODY_LIMIT: '1',
        SECCOMPLY_LOG_LEVEL: 'loud',
        SECCOMPLY_LONGEST_EXEMPTION: '1h',
        SECCOMPLY_CLUSTER: 'maybe',
      },
      file: file('logFormat: xml\n\nbaseline:\n  - [a]\ntls-names: 7\nclient-ca: [x]\n'),
    }),
  ).toMatchInlineSnapshot(`
"
error: --listen "8443" has a port but no host [config-bad-value]
    Write 127.0.0.1:8443.
error: --admin-listen "::1" must have an IPv6 address in brackets, and a port [config-bad-value]
    For example [::1]:8443.
error: --policies [" ",""] must not be empty [config-bad-value]
DIR/c.yaml:3:1: error: baseline [["a"]] must be a list of texts (baseline) [config-bad-value]
error: SECCOMPLY_LONGEST_EXEMPTION "1h" must be at least 1d [config-bad-value]
DIR/c.yaml:5:1: error: tls-names "7" must be a list of texts (tls-names) [config-bad-value]
error: --tls-min-version "1.1" must be one of 1.3, 1.2 [config-bad-value]
error: SECCOMPLY_CLUSTER "maybe" must be one of auto, on, off [config-bad-value]
DIR/c.yaml:6:1: error: client-ca ["x"] must be text and not empty (client-ca) [config-bad-value]
error: --shutdown-delay "1 day" must be a span of time [config-bad-value]
    For example 10s, 500ms, 2m or 0.
error: SECCOMPLY_BODY_LIMIT "1" must be between 16KiB and 256MiB [config-bad-value]
error: --in-flight-limit "64 MebiBytes" must be a number of bytes [config-bad-value]
    For example 20MiB, 512KiB or 1048576.
error: --json-depth "63.5" must be a whole number from 64 to 10000 [config-bad-value]
error: SECCOMPLY_LOG_LEVEL "loud" must be one of debug, info, warn, error, silent [config-bad-value]
DIR/c.yaml:1:1: error: log-format "xml" must be one of json, text (logFormat) [config-bad-value]
"
`);
  expect(told({ flags: { listen: '127.0.0.1:65536', adminListen: 'a b:1', deadline: '-1s' } })).toMatchInlineSnapshot(`
"
error: --listen "127.0.0.1:65536" has the port 65536, and ports end at 65535 [config-bad-value]
    For example 127.0.0.1:8443, 0.0.0.0:8443, [::1]:0 (port 0: any free one).
error: --admin-listen "a b:1" must be HOST:PORT [config-bad-value]
    For example 127.0.0.1:8443, 0.0.0.0:8443, [::1]:0 (port 0: any free one).
error: --deadline "-1s" must be a span of time [config-bad-value]
    For example 10s, 500ms, 2m or 0.
"
`);
  expect(told({ flags: { deadline: 'x'.repeat(200), longestExemption: '10y' } })).toMatchInlineSnapshot(`
"
error: --longest-exemption "10y" must be a span of time [config-bad-value]
    For example 10s, 500ms, 2m or 0.
error: --deadline "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" must be a span of time [config-bad-value]
    For example 10s, 500ms, 2m or 0.
"
`);
});

test('the built-in requirement of --baseline names profiles, since one that is misspelt would refuse every pod', () => {
  const baseline = (value: string) => told({ flags: { baseline: value } });
  expect(baseline('RuntimeDefault,*,web-*,Localhost/team/**,Unset,Unconfined')).toBe('good');
  expect(
    ['unset', 'RuntimeDefault,foo/', 'runtimeDefault', 'Localhost/../x', 'Off', 'Unset,off'].map(baseline).join(''),
  ).toMatchInlineSnapshot(`
"
error: --baseline "unset" has an entry that cannot be used: "unset" is Unset in lower case [config-bad-value]

error: --baseline "RuntimeDefault,foo/" has an entry that cannot be used: "foo/" is not a profile reference [config-bad-value]
    Write RuntimeDefault, Unconfined, Unset, a catalogue name or a pattern like "web-*", or "Localhost/team/**".

error: --baseline "runtimeDefault" has an entry that cannot be used: "runtimeDefault" is not a profile reference [config-bad-value]
    Did you mean RuntimeDefault?

error: --baseline "Localhost/../x" has an entry that cannot be used: "Localhost/../x" does not stay below the kubelet's seccomp folder [config-bad-value]
    Write a relative path without "..", for example Localhost/team/app.json.

error: --baseline "Off" may be off only alone and in lower case [config-bad-value]

error: --baseline "Unset,off" may be off only alone and in lower case [config-bad-value]
"
`);
  expect(told({ file: file('baseline: [RuntimeDefault, "@"]') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:1:1: error: baseline ["RuntimeDefault","@"] has an entry that cannot be used: "@" is not a profile reference (baseline) [config-bad-value]
    Write RuntimeDefault, Unconfined, Unset, a catalogue name or a pattern like "web-*", or "Localhost/team/**".
"
`);
});

test('settings that do not go together', () => {
  expect(told({ flags: { tlsCert: 'a' } })).toMatchInlineSnapshot(`
"
error: --tls-cert needs --tls-key [config-incomplete]
    Give the private key that belongs to the certificate, or leave both out for development certificates.
"
`);
  expect(told({ flags: { tlsKey: 'a' } })).toMatchInlineSnapshot(`
"
error: --tls-key needs --tls-cert [config-incomplete]
    Give the certificate that belongs to the key, or leave both out for development certificates.
"
`);
  expect(told({ flags: { tlsCa: 'a' } })).toMatchInlineSnapshot(`
"
error: --tls-ca needs --tls-cert [config-incomplete]
    --tls-ca names the authority of a certificate of your own.
"
`);
  expect(told({ flags: { clientNames: 'a' } })).toMatchInlineSnapshot(`
"
error: --client-names needs --client-ca [config-incomplete]
    --client-names is checked on certificates that --client-ca has signed.
"
`);
  expect(told({ environment: { SECCOMPLY_TLS_CERT: 'a' }, file: file('tlsKey: b') })).toBe('good');
  expect(told({ flags: { bodyLimit: '60MiB' } })).toMatchInlineSnapshot(`
"
error: --body-limit does not fit into --in-flight-limit (an eighth of which is kept for small bodies) [config-limits]
    Raise --in-flight-limit or lower --body-limit.
"
`);
  expect(told({ flags: { bodyLimit: '56MiB' } })).toBe('good');
  expect(told({ flags: { listen: 'a:1', adminListen: 'a:1' } })).toMatchInlineSnapshot(`
"
error: --listen and --admin-listen are the same address [config-same-address]
    Leave --admin-listen out to answer everything on one address.
"
`);
  expect(told({ flags: { listen: 'a:0', adminListen: 'a:0' } })).toBe('good');
});

test('every setting that a process takes is described for it', () => {
  for (const process of processNames)
    for (const name of settingNames.filter((one) => isTakenBy(one, process)))
      expect([process, name, descriptionOf(name, process)]).toEqual([process, name, expect.stringMatching(/./)]);
});

test('a variable that another name was meant by is found by what it says', () => {
  const notes = (environment: Record<string, string>) =>
    configOf('controller', { flags: {}, environment }).notes.map(({ advice }) => advice);
  expect(notes({ SECCOMPLY_NAMESPACE: 'x' })).toEqual(['Did you mean POD_NAMESPACE?']);
  expect(notes({ SECCOMPLY_IDENTITI: 'x' })).toEqual(['Did you mean POD_NAME?']);
  expect(notes({ SECCOMPLY_FACE: 'x' })).toEqual([undefined]);
});

test('variables that are no settings are told, but for those that Kubernetes and this repo put there', () => {
  const environment = {
    SECCOMPLY_LISTN: 'x',
    SECCOMPLY_TLSCERT: 'x',
    SECCOMPLY_SOMETHING_ELSE_ENTIRELY: 'x',
    SECCOMPLY_FOO: 'x',
    SECCOMPLY_CONFIG: 'x',
    SECCOMPLY_PORT: 'tcp://10.0.0.1:443',
    SECCOMPLY_PORT_443_TCP_ADDR: '10.0.0.1',
    SECCOMPLY_SERVICE_HOST: '10.0.0.1',
    SECCOMPLY_SERVICE_PORT_HTTPS: '443',
    SECCOMPLY_WEBHOOK_SERVICE_HOST: '10.0.0.1',
    OTHER: 'x',
    seccomply_listen: 'x',
  };
  expect(`\n${read({ environment }).notes.map(formatProblem).join('\n')}\n`).toMatchInlineSnapshot(`
"
warning: the environment variable SECCOMPLY_LISTN is not a setting, and is not read [config-unknown-variable]
    Did you mean SECCOMPLY_LISTEN?
warning: the environment variable SECCOMPLY_TLSCERT is not a setting, and is not read [config-unknown-variable]
    Did you mean SECCOMPLY_TLS_CERT?
warning: the environment variable SECCOMPLY_SOMETHING_ELSE_ENTIRELY is not a setting, and is not read [config-unknown-variable]
warning: the environment variable SECCOMPLY_FOO is not a setting, and is not read [config-unknown-variable]
"
`);
});

describe('the file', () => {
  test.each([
    ['empty', ''],
    ['a comment alone', '# nothing\n'],
    ['a document without content', '---\n...\n'],
    ['an empty map', '{}'],
    ['null', 'null'],
  ])('%s sets nothing', (_, text) => {
    expect(file(text)).toEqual({ values: new Map(), problems: [] });
  });

  test('YAML and JSON, both spellings, values of their own types, a byte order mark, other line ends', () => {
    const config = {
      bodyLimit: 32_768,
      deadline: 900,
      jsonDepth: 99,
      baseline: 'off',
      policies: ['a', 'b'],
      tlsNames: ['x', '1'],
    };
    const yaml =
      'bodyLimit: 32768\ndeadline: 0.9\njson-depth: 99\nbaseline: off\npolicies: [a, b]\ntls-names:\n- x\n- 1\n';
    const jsonText = JSON.stringify({
      ...config,
      'body-limit': 32_768,
      bodyLimit: undefined,
      deadline: '900ms',
      tlsNames: ['x', 1],
    });
    for (const text of [yaml, jsonText, `\uFEFF${yaml}`, yaml.replaceAll('\n', '\r\n')])
      expect(read({ file: file(text) }).config).toMatchObject(config);
    expect(read({ file: file('%YAML 1.1\n---\nbaseline: off\n') }).config.baseline).toBe('off');
    expect(read({ file: file('policies: &a [p]\nprofiles: *a\n') }).config).toMatchObject({
      policies: ['p'],
      profiles: ['p'],
    });
  });

  test('what is wrong with it is told with its place', () => {
    expect(told({ file: file('listen: [\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:2:1: error: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] [config-file-syntax]
"
`);
    expect(told({ file: file('- listen: a:1\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:1:1: error: the configuration must be a map of settings [config-file-shape]
    For example: listen: 127.0.0.1:8443
"
`);
    expect(told({ file: file('listen') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:1:1: error: the configuration must be a map of settings [config-file-shape]
    For example: listen: 127.0.0.1:8443
"
`);
    expect(told({ file: file('lissten: a:1\nTLS_CERT: x\nqqqqqqqq: 1\n? [a]\n: b\n1: 2\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:1:1: error: unknown setting "lissten" [config-unknown-key]
    Did you mean listen?
DIR/c.yaml:2:1: error: unknown setting "TLS_CERT" [config-unknown-key]
    Did you mean tlsCert?
DIR/c.yaml:3:1: error: unknown setting "qqqqqqqq" [config-unknown-key]
    docs/reference/configuration.md lists them all.
DIR/c.yaml:4:3: error: unknown setting "[\\"a\\"]" [config-unknown-key]
    docs/reference/configuration.md lists them all.
DIR/c.yaml:6:1: error: unknown setting "1" [config-unknown-key]
    docs/reference/configuration.md lists them all.
"
`);
    expect(told({ file: file('listen: a:1\nlisten: b:1\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:2:1: error: "listen" sets what another key has set already [config-repeated-key]
"
`);
    expect(told({ file: file('tlsCert: a\ntls-cert: b\ntlsKey: c\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:2:1: error: "tls-cert" sets what another key has set already [config-repeated-key]
"
`);
    expect(told({ file: file('listen: a:1\n---\nlisten: b:1\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml:2:1: error: there is more than one document in it: one is enough for all settings [config-file-syntax]
"
`);
    expect(told({ file: file('listen: *gone\n') })).toMatchInlineSnapshot(`
"
DIR/c.yaml: error: not YAML that can be used: Unresolved alias (the anchor must be set before the alias): gone [config-file-syntax]
    Write the values out instead of anchors and aliases.
"
`);
    expect(told({ file: file(Buffer.from('data: \xff\xfe\n', 'latin1')) })).toMatchInlineSnapshot(`
"
error: the configuration file DIR/c.yaml is not UTF-8 text [config-file-unreadable]
    Give --config (or SECCOMPLY_CONFIG) the path of a YAML or JSON file.
"
`);
  });

  test('a file that cannot be read', () => {
    const toldOf = (path: string): string => told({ file: readConfigFile(path) });
    expect(toldOf(join(folder, 'none.yaml'))).toMatchInlineSnapshot(`
"
error: the configuration file DIR/none.yaml does not exist [config-file-unreadable]
    Give --config (or SECCOMPLY_CONFIG) the path of a YAML or JSON file.
"
`);
    expect(toldOf(folder)).toMatchInlineSnapshot(`
"
error: the configuration file DIR is a folder [config-file-unreadable]
    Give --config (or SECCOMPLY_CONFIG) the path of a YAML or JSON file.
"
`);
    expect(toldOf(join(folder, 'c.yaml', 'x'))).toMatchInlineSnapshot(`
"
error: the configuration file DIR/c.yaml/x cannot be read: a part of the path is a file, and a folder is wanted [config-file-unreadable]
    Give --config (or SECCOMPLY_CONFIG) the path of a YAML or JSON file.
"
`);
  });

  test('keys that every object has are no settings', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'role', 'process'])
      expect(told({ file: file(`${key}: x\n`) })).toContain(`unknown setting "${key}"`);
  });

  test('a file made to grow when it is read is refused', () => {
    const bomb = Array.from(
      { length: 30 },
      (_, index) => `k${index}: &k${index} [${index === 0 ? 'x' : `${`*k${index - 1},`.repeat(9)}`}]`,
    );
    expect(told({ file: file(`${bomb.join('\n')}\npolicies: *k29\n`) })).toContain('DIR/c.yaml');
  });
});
