import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../core/problem/problem.js';
import type { SecretData } from '../../kubernetes/secret-data.js';
import { messageOf } from '../../system/errno.js';
import { readAuthority } from '../authority/authority-secret.js';
import { bundleOf, type RotationTimes, rotationTimes } from '../authority/rotation.js';
import type { CertificateMaterial, CertSource } from '../certificate/cert-source.js';
import { checkServerCertificate } from '../certificate/check-server-certificate.js';
import { issueServerCertificate } from '../certificate/issue.js';
import { polledSource } from './polled-source.js';
import { type AuthorityView, leafStep } from './server-certificate-renewal.js';

export interface ClusterCertificatesOptions {
  /** One read of the Secret; undefined: there is none. Throws when the API server cannot be asked. */
  readonly readSecret: () => Promise<SecretData | undefined>;
  /** `namespace/name`, for messages. */
  readonly secretName: string;
  /** DNS names and addresses of the server. */
  readonly names: readonly string[];
  readonly commonName: string;
  /** What holds the start up, each time it changes. */
  readonly note?: (problem: Problem) => void;
  readonly times?: RotationTimes;
  readonly now?: () => number;
  /** Milliseconds between looks at the Secret. Default 10 s; while there is no certificate yet, a second at most. */
  readonly poll?: number;
  readonly signal?: AbortSignal;
}

/**
 * A server certificate of this process's own, in memory only, under the authority in the cluster's Secret. Renewed at two thirds
 * of its life and when the authority changes. Resolves with the first certificate: before the Secret can be read, or before
 * clients trust what is in it, there is nothing to serve. While the API server is away the certificate at hand is served on.
 */
export async function openClusterCertificates(options: ClusterCertificatesOptions): Promise<CertSource> {
  const clock = options.now ?? Date.now;
  const times = options.times ?? rotationTimes;
  const poll = options.poll ?? 10_000;
  let material: CertificateMaterial | undefined;
  let view: AuthorityView | undefined;
  let trusted = '';
  let problems: readonly Problem[] = [];

  /** Whether the certificate or the problems changed. */
  const look = async (): Promise<boolean> => {
    const found: Problem[] = [];
    try {
      const read = readAuthority(await options.readSecret(), clock());
      if (read.is === 'state') view = { state: read.state, readAt: clock() };
      else found.push(notThere(options.secretName, read));
    } catch (error) {
      found.push(unreadable(options.secretName, messageOf(error), view !== undefined));
    }
    const before = JSON.stringify([problems, trusted, material?.fingerprint256]);
    if (view !== undefined) {
      trusted = bundleOf(view.state);
      const step = leafStep(material, view, clock(), times);
      if (step.step === 'wait') found.push(waiting(step.why));
      if (step.step === 'sign') {
        const made = await issue(view, options, times, clock());
        const refused = checkServerCertificate(made, { now: new Date(clock()), names: options.names }).find(
          ({ severity }) => severity === 'error',
        );
        if (refused === undefined) material = made;
        else found.push(refused);
      }
      if (material !== undefined) material = { ...material, ca: trusted };
    }
    problems = found;
    return JSON.stringify([problems, trusted, material?.fingerprint256]) !== before;
  };

  for (let delay = 100; ; delay = Math.min(delay * 2, 1_000, poll)) {
    const changed = await look();
    if (material !== undefined) break;
    if (changed) for (const problem of problems) options.note?.(problem);
    await sleep(delay, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }

  return polledSource({ material, problems }, poll, async (served) => {
    const changed = await look();
    return changed && material !== undefined ? { material, problems } : served;
  });
}

function issue(
  { state }: AuthorityView,
  { names, commonName }: ClusterCertificatesOptions,
  times: RotationTimes,
  now: number,
): Promise<CertificateMaterial> {
  return issueServerCertificate({
    authority: state.current,
    commonName: commonName.slice(0, 64),
    dns: names.filter((name) => isIP(name) === 0),
    ip: names.filter((name) => isIP(name) !== 0),
    days: times.leafDays,
    now: new Date(now),
  });
}

function notThere(
  name: string,
  read: { readonly is: 'empty' } | { readonly is: 'broken'; readonly why: string },
): Problem {
  return {
    code: 'tls-authority-missing',
    severity: 'error',
    message:
      read.is === 'empty'
        ? `the Secret ${name} holds no certificate authority yet`
        : `the certificate authority in the Secret ${name} cannot be used: ${read.why}`,
    advice: 'The controller makes it: look at its log (kubectl -n seccomply-system logs deploy/seccomply-controller).',
  };
}

function unreadable(name: string, reason: string, hadOne: boolean): Problem {
  return {
    code: 'tls-authority-unreadable-secret',
    severity: hadOne ? 'warning' : 'error',
    message: `the Secret ${name} cannot be read: ${reason}`,
    advice: hadOne
      ? 'The certificate at hand is served on; it is tried again every few seconds.'
      : 'Check that the API server can be reached and that the ServiceAccount may get this Secret.',
  };
}

function waiting(why: string): Problem {
  return {
    code: 'tls-authority-unproven',
    severity: 'warning',
    message: `no certificate is made yet: ${why}`,
    advice: 'The controller publishes the authority in the webhook configurations; this takes a minute.',
  };
}
