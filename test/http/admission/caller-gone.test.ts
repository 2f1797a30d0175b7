import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AdmissionEndpoint } from '../../../src/http/admission/admission-endpoint.js';
import type { HttpAnswer } from '../../../src/http/admission/answer.js';
import { LargeReviews } from '../../../src/http/admission/large-reviews.js';
import { admissionMetrics } from '../../../src/system/metrics/admission-metrics.js';
import { Metrics } from '../../../src/system/metrics/metrics.js';

const answer: HttpAnswer = { status: 200, body: '{}', operation: 'CREATE', decision: 'allowed', dryRun: false };
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** An endpoint whose answers wait until the test says so; what happened to the one answer. */
async function serving() {
  const said: string[] = [];
  let asked: () => void = () => undefined;
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let settle: (answer: HttpAnswer) => void = () => undefined;
  let gone: () => void = () => undefined;
  const isGone = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const endpoint = new AdmissionEndpoint(
    { deadline: 60_000, bodyLimit: 1_000_000, inFlightLimit: 8_000_000, jsonDepth: 100 },
    {
      service: {
        ready: () => true,
        review() {
          asked();
          return {
            settled: new Promise((resolve) => {
              settle = resolve;
            }),
            late: () => {
              said.push('late');
              return answer;
            },
          };
        },
        refuseUnread: () => {
          throw new Error('nothing is refused here');
        },
      },
      largeReviews: new LargeReviews({ jsonDepth: 100 }),
      metrics: new Metrics(admissionMetrics),
      log: log as never,
    },
  );
  const server = createServer((incoming, response) => {
    response.on('close', () => gone());
    endpoint.handle(incoming, response, 'validate');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const call = request({ port, method: 'POST', path: '/validate', headers: { 'content-type': 'application/json' } });
  call.on('error', () => undefined);
  const answered = new Promise<number | undefined>((resolve) =>
    call.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode))),
  );
  call.end('{}');
  await wasAsked;
  return { said, call, settle: () => settle(answer), answered, isGone, close: () => server.close() };
}

test('an answer whose caller is gone before it counts as late', async () => {
  const { said, call, isGone, close } = await serving();
  call.destroy();
  await isGone;
  expect(said).toEqual(['late']);
  close();
});

test('an answer that was given does not', async () => {
  const { said, settle, answered, isGone, close } = await serving();
  settle();
  expect(await answered).toBe(200);
  await isGone;
  expect(said).toEqual([]);
  close();
});
