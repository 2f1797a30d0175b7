import { Agent, createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '../../../src/http/admission/read-body.js';

const asItIs = (): void => undefined;
const withoutInternals = (request: IncomingMessage): void => {
  Reflect.deleteProperty(request, '_consuming');
};

describe.each([
  ['as Node has it', asItIs, Number.parseInt(process.versions.node, 10) < 24],
  ['without the internals', withoutInternals, false],
])('a request %s', (_, prepare, isDirect) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    prepare(request);
    const pieces: Buffer[] = [];
    readBody(
      request,
      (piece) => pieces.push(piece),
      () => {
        const body = Buffer.concat(pieces);
        seen.push(`end of ${request.url}`);
        response.end(`${body.length} ${body.subarray(-1).toString()}`);
      },
    );
    expect(Object.hasOwn(request, 'push')).toBe(isDirect);
  });
  // One connection, so that what is left of a request would disturb the next one.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (path: string, pieces: readonly string[], headers = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const sent = send({ port, path, method: 'POST', agent, headers }, (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (piece: string) => {
            text += piece;
          })
          .on('end', () => resolve(text));
      });
      sent.on('error', reject);
      for (const piece of pieces) sent.write(piece);
      sent.end();
    });

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    agent.destroy();
    server.close();
  });

  test.each<[string, readonly string[], Record<string, string>, string]>([
    ['/length', ['ab', 'c'], { 'content-length': '3' }, '3 c'],
    ['/chunks', ['ab', 'c', 'd'], {}, '4 d'],
    ['/large', ['x'.repeat(3_000_000), 'y'], {}, '3000001 y'],
    ['/empty', [], {}, '0 '],
    ['/last', ['z'], {}, '1 z'],
  ])('%s: every piece and one end', async (path, pieces, headers, answer) => {
    seen.length = 0;
    expect(await post(path, pieces, headers)).toBe(answer);
    expect(seen).toEqual([`end of ${path}`]);
  });
});
