import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { formatProblem } from '../../../src/core/problem/problem.js';
import type { SecretData } from '../../../src/kubernetes/secret-data.js';
import { readAuthority } from '../../../src/tls/authority/authority-secret.js';
import {
  type AuthorityStore,
  reconcileAuthority,
  type StoredSecret,
} from '../../../src/tls/authority/reconcile-authority.js';
import { isUsableAuthority, type RotationTimes } from '../../../src/tls/authority/rotation.js';
import type { CertificateMaterial } from '../../../src/tls/certificate/cert-source.js';
import { checkServerCertificate } from '../../../src/tls/certificate/check-server-certificate.js';
import { issueAuthority, issueServerCertificate } from '../../../src/tls/certificate/issue.js';
import { splitPem } from '../../../src/tls/certificate/material.js';
import { type AuthorityView, leafStep } from '../../../src/tls/source/server-certificate-renewal.js';
import { runs } from '../../support/require.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.parse('2030-01-01T00:00:00Z');
/** Lives short enough that a run of ten days sees several of each. */
const times: RotationTimes = { authorityDays: 6, keyDays: 3, leafDays: 1, staleAfter: hour, settle: minute };

class Crash extends Error {}

/** A Secret, two configurations and the clock. `budget` is how many more writes the controller lives for. */
class World implements AuthorityStore {
  now = start;
  version = 0;
  stored: StoredSecret = { version: undefined };
  readonly configurations = ['mutate', 'validate'].map((name) => ({ name, version: 1, bundle: '' }));
  /** What API servers may still go by: every bundle of the last 59 seconds. */
  readonly seen: { bundle: string; until: number }[] = [];
  budget = Number.POSITIVE_INFINITY;
  writes = 0;

  async secret(): Promise<StoredSecret> {
    await Promise.resolve();
    return this.stored;
  }

  async writeSecret(data: SecretData, version: string | undefined): Promise<'written' | 'conflict'> {
    await Promise.resolve();
    this.#spend();
    if (version !== this.stored.version) return 'conflict';
    this.version += 1;
    this.stored = { ...this.stored, data, version: String(this.version) };
    return 'written';
  }

  async registrations() {
    await Promise.resolve();
    return this.configurations.map(({ name, version, bundle }) => ({
      name,
      version: String(version),
      bundles: [bundle],
    }));
  }

  async publish(name: string, version: string, bundle: string): Promise<'written' | 'conflict'> {
    await Promise.resolve();
    this.#spend();
    const configuration = this.configurations.find((one) => one.name === name);
    if (configuration === undefined || String(configuration.version) !== version) return 'conflict';
    this.seen.push({ bundle: configuration.bundle, until: this.now + 59_000 });
    configuration.bundle = bundle;
    configuration.version += 1;
    return 'written';
  }

  /** Each bundle that some API server may hold a server certificate against now. */
  inForce(): readonly string[] {
    const current = this.configurations.map(({ bundle }) => bundle);
    return [...current, ...this.seen.filter(({ until }) => until > this.now).map(({ bundle }) => bundle)].filter(
      (bundle) => bundle !== '',
    );
  }

  #spend(): void {
    if (this.budget <= 0) throw new Crash();
    this.budget -= 1;
    this.writes += 1;
  }
}

class Replica {
  leaf: CertificateMaterial | undefined;
  view: AuthorityView | undefined;
  connected = true;

  async tick(world: World): Promise<void> {
    if (this.connected) {
      const read = readAuthority((await world.secret()).data, world.now);
      if (read.is === 'state') this.view = { state: read.state, readAt: world.now };
    }
    if (this.view === undefined) return;
    const { step } = leafStep(this.leaf, this.view, world.now, times);
    if (step !== 'sign') return;
    this.leaf = await issueServerCertificate({
      authority: this.view.state.current,
      commonName: 'webhook',
      dns: ['webhook.svc'],
      days: times.leafDays,
      now: new Date(world.now),
    });
  }

  isServing(world: World): boolean {
    return this.leaf !== undefined && world.now < this.leaf.notAfter.getTime();
  }
}

function verifies(leaf: CertificateMaterial, bundle: string, now: number): boolean {
  const certificate = new X509Certificate(leaf.cert);
  return splitPem(bundle).some((block) => {
    const root = new X509Certificate(block);
    return now < Date.parse(root.validTo) && certificate.checkIssued(root) && certificate.verify(root.publicKey);
  });
}

const reconcile = (world: World) => reconcileAuthority(world, () => world.now, times);
const certificatesIn = (world: World): number => splitPem(world.configurations[0]?.bundle ?? '').length;
const phases = async (world: World, span: number, step: number): Promise<readonly string[]> => {
  const done: string[] = [];
  for (const end = world.now + span; world.now < end; world.now += step) done.push(...(await reconcile(world)).done);
  return done;
};

test('makes an authority, publishes it, and then rests', async () => {
  const world = new World();
  const first = await reconcile(world);
  expect(first.done).toEqual([
    'made a certificate authority',
    'published the authority in mutate',
    'published the authority in validate',
  ]);
  expect(isUsableAuthority(first.state.current, world.now)).toBe(true);
  expect((await reconcile(world)).done).toEqual([]);
});

test('changes the key in two phases on request, once per request', async () => {
  const world = new World();
  const { state: before } = await reconcile(world);
  world.stored = { ...world.stored, request: 'the laptop with the backup was stolen' };
  expect((await reconcile(world)).done).toEqual([
    'announce: a new key was asked for (the laptop with the backup was stolen)',
    'published the authority in mutate',
    'published the authority in validate',
    'seen: every webhook configuration shows the new authority',
  ]);
  expect(certificatesIn(world)).toBe(2);
  world.now += 59_000;
  expect((await reconcile(world)).done).toEqual([]);
  world.now += 1_000;
  const { state: after, done } = await reconcile(world);
  expect(done).toEqual(['switch: every API server has had the time to learn of the next authority']);
  expect(after.current.key).not.toBe(before.current.key);
  expect(certificatesIn(world)).toBe(2);
  expect(await phases(world, day + 3 * hour, 30 * minute)).toEqual([
    'retire: the last certificate that an earlier authority signed has ended',
    'published the authority in mutate',
    'published the authority in validate',
  ]);
  expect(certificatesIn(world)).toBe(1);
});

test('waits with the switch while one configuration does not show the next authority', async () => {
  const world = new World();
  await reconcile(world);
  world.stored = { ...world.stored, request: 'now' };
  await reconcile(world);
  const validate = world.configurations[1];
  if (validate === undefined) throw new Error('no such configuration');
  const both = validate.bundle;
  validate.bundle = splitPem(both)[0] ?? '';
  validate.version += 1;
  world.now += 2 * minute;
  // Put back, but an API server may have gone by the smaller one: the minute counts anew.
  const { done } = await reconcile(world);
  expect(done.slice(0, 2)).toEqual([
    'unseen: a webhook configuration no longer shows the new authority',
    'published the authority in validate',
  ]);
  expect(done.some((line) => line.startsWith('switch'))).toBe(false);
});

test('renews the certificate with the same key when it is late, and old server certificates stay good', async () => {
  const world = new World();
  const slow = { ...times, keyDays: 1_000 };
  const first = await reconcileAuthority(world, () => world.now, slow);
  const leaf = await issueServerCertificate({
    authority: first.state.current,
    commonName: 'x',
    dns: ['webhook.svc'],
    days: 20,
    now: new Date(world.now),
  });
  world.now += 4.1 * day;
  const later = await reconcileAuthority(world, () => world.now, slow);
  expect(later.done[0]).toBe('renew: two thirds of the life of the authority certificate are over');
  expect(later.state.current.key).toBe(first.state.current.key);
  expect(later.state.current.cert).not.toBe(first.state.current.cert);
  expect(verifies(leaf, world.configurations[0]?.bundle ?? '', world.now)).toBe(true);
  expect(
    checkServerCertificate({ ...leaf, ca: world.configurations[0]?.bundle ?? '' }, { now: new Date(world.now) }),
  ).toEqual([]);
});

test.each<[string, (data: SecretData) => SecretData]>([
  ['ca.key is missing', ({ 'ca.key': _, ...rest }) => rest],
  ['ca.crt is no certificate', (data) => ({ ...data, 'ca.crt': Buffer.from('???').toString('base64') })],
  ['ca.key is no private key', (data) => ({ ...data, 'ca.key': Buffer.from('???').toString('base64') })],
])('a Secret that a person broke (%s) is made anew, and nobody is cut off', async (why, breakIt) => {
  const world = new World();
  const replica = new Replica();
  await reconcile(world);
  await replica.tick(world);
  const before = replica.leaf?.fingerprint256;
  world.stored = { ...world.stored, version: 'edited', data: breakIt(world.stored.data ?? {}) };
  const { done, problems } = await reconcile(world);
  expect(done[0]).toBe(`made a certificate authority (${why})`);
  expect(problems.map(formatProblem)).toEqual([
    `warning: the Secret of the certificate authority could not be used (${why}), and a new authority was made [tls-authority-remade]
    Nothing to do: replicas change over once the configurations show it. Find out who changed the Secret.`,
  ]);
  await replica.tick(world);
  expect(replica.leaf?.fingerprint256).toBe(before);
  expect(
    world.inForce().every((bundle) => replica.leaf !== undefined && verifies(replica.leaf, bundle, world.now)),
  ).toBe(true);
  world.now += 61_000;
  await reconcile(world);
  await replica.tick(world);
  expect(replica.leaf?.fingerprint256).not.toBe(before);
});

test('an authority that a person put there is used', async () => {
  const world = new World();
  const theirs = await issueAuthority({ commonName: 'Acme\u2019s CA', days: 6, now: new Date(start) });
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  world.stored = { version: 'hand', data: { 'ca.crt': encode(theirs.cert), 'ca.key': encode(theirs.key) } };
  const { state, done } = await reconcile(world);
  expect(state.current.cert).toBe(theirs.cert);
  expect(done).toEqual([
    'took over a certificate authority that was put into the Secret',
    'published the authority in mutate',
    'published the authority in validate',
  ]);
});

type Action =
  | { readonly do: 'wait'; readonly ticks: number; readonly each: number; readonly alive: boolean }
  | { readonly do: 'two controllers' }
  | { readonly do: 'rotate' | 'delete the Secret'; readonly crashAfter: number }
  | { readonly do: 'break the Secret'; readonly crashAfter: number; readonly key: string }
  | { readonly do: 'cut off' | 'reconnect'; readonly replica: number }
  | { readonly do: 'restart'; readonly replica: number };

/** Writes that the controller lives for; more than any step takes: it does not crash. */
const crashAfter = fc.integer({ min: 0, max: 7 });

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ticks: fc.integer({ min: 1, max: 40 }),
      each: fc.constantFrom(5_000, 20_000, 61_000, 20 * minute, 50 * minute),
      alive: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'two controllers' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('rotate' as const), crashAfter }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete the Secret' as const), crashAfter }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('break the Secret' as const),
      crashAfter,
      key: fc.constantFrom('ca.key', 'ca.crt', 'next.key', 'state.json', 'previous.crt'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('cut off' as const, 'reconnect' as const, 'restart' as const),
      replica: fc.integer({ min: 0, max: 2 }),
    }),
  },
);

test('whatever crashes when, no serving certificate ever fails under what is published', async () => {
  const switched = { times: 0, crashes: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), async (actions) => {
      const world = new World();
      const replicas = [new Replica(), new Replica(), new Replica()];
      const keys = new Set<string>();
      const hold = (context: string): void => {
        for (const replica of replicas) {
          if (replica.leaf === undefined || !replica.isServing(world)) continue;
          for (const bundle of world.inForce())
            if (!verifies(replica.leaf, bundle, world.now))
              throw new Error(`cut off after ${context} at ${new Date(world.now).toISOString()}`);
        }
      };
      const live = async (alive: boolean): Promise<void> => {
        try {
          if (alive) keys.add((await reconcile(world)).state.current.key);
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          switched.crashes += 1;
        }
        world.budget = Number.POSITIVE_INFINITY;
        for (const replica of replicas) await replica.tick(world);
      };
      await live(true);
      for (const one of actions) {
        switch (one.do) {
          case 'wait':
            for (let tick = 0; tick < one.ticks; tick += 1) {
              world.now += one.each;
              await live(one.alive);
              hold('waiting');
            }
            break;
          case 'two controllers':
            await Promise.all([reconcile(world), reconcile(world)]);
            await live(false);
            break;
          case 'rotate':
            world.stored = { ...world.stored, request: `request ${world.writes}` };
            world.budget = one.crashAfter;
            await live(true);
            break;
          case 'delete the Secret':
            world.stored = { version: undefined };
            world.budget = one.crashAfter;
            await live(true);
            break;
          case 'break the Secret':
            world.version += 1;
            world.stored = {
              ...world.stored,
              version: String(world.version),
              data: { ...world.stored.data, [one.key]: Buffer.from('broken').toString('base64') },
            };
            world.budget = one.crashAfter;
            await live(true);
            break;
          case 'restart':
            replicas[one.replica] = new Replica();
            await live(false);
            break;
          default: {
            const replica = replicas[one.replica];
            if (replica !== undefined) replica.connected = one.do === 'reconnect';
          }
        }
        hold(one.do);
      }
      switched.times += keys.size - 1;
    }),
    { numRuns: runs(2) },
  );
  // The property would hold for a controller that does nothing, too.
  expect(switched.times).toBeGreaterThan(1);
  expect(switched.crashes).toBeGreaterThan(1);
});
