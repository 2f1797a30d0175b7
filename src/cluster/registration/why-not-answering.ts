import { request } from 'node:https';
import { messageOf } from '../../system/errno.js';

export interface WebhookPlace {
  readonly host: string;
  readonly port: number;
  /** The name the API server asks for. */
  readonly servername: string;
}

/** Authorities (PEM); `public`: those that everybody trusts; `any`: whoever answers. */
export type Trust = { readonly ca: string } | 'public' | 'any';

/** Undefined when the webhook is ready and its certificate is one of a trusted authority; else why it is not, for a log. */
export function whyNotAnswering(
  { host, port, servername }: WebhookPlace,
  trust: Trust,
  deadline = 3_000,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host,
        port,
        path: '/readyz',
        servername,
        agent: false,
        timeout: deadline,
        ...(trust === 'any' ? { rejectUnauthorized: false } : trust === 'public' ? {} : { ca: trust.ca }),
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200 ? undefined : `no replica is ready (HTTP ${answer.statusCode ?? '?'})`);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${deadline} ms`)));
    asked.on('error', (error) => resolve(messageOf(error)));
    asked.end();
  });
}
