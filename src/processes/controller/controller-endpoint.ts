import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LeaderElection } from '../../kubernetes/leader-election.js';
import type { ControllerMetrics } from '../../system/metrics/controller-metrics.js';
import type { LeaderTasks } from './leader-tasks.js';

export interface ControllerEndpointParts {
  readonly election: LeaderElection;
  readonly tasks: LeaderTasks;
  readonly metrics: ControllerMetrics;
}

/** Answers `/healthz`, `/readyz` and `/metrics` of the controller. */
export async function answerController(
  { url = '', method }: IncomingMessage,
  response: ServerResponse,
  { election, tasks, metrics }: ControllerEndpointParts,
): Promise<void> {
  const path = url.split('?')[0];
  const text = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
  };
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'method not allowed\n');
  if (path === '/healthz') return text(200, 'ok\n');
  if (path === '/readyz') {
    if (election.leader === '') return text(503, 'not ready: waiting for the Lease to be read\n');
    const lines = [election.isLeader ? 'ok: this replica leads' : `ok: ${election.leader} leads`];
    for (const [part, why] of tasks.failures()) lines.push(`[-] ${part}: ${why}`);
    return text(200, `${lines.join('\n')}\n`);
  }
  if (path === '/metrics') {
    const scraped = await metrics.scrape();
    return text(200, scraped.text, scraped.contentType);
  }
  return text(404, 'not found\n');
}
