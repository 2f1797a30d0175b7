import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { HttpsServer } from '../../../src/http/server/https-server.js';
import { issueAuthority, issueServerCertificate } from '../../../src/tls/certificate/issue.js';
import { eventually } from '../../support/serving.js';

let server: HttpsServer;
let address: AddressInfo;
let ca: string;
/** Answers that are not given yet. */
let held: (() => void)[];
beforeEach(async () => {
  held = [];
  const authority = await issueAuthority({ commonName: 'test', days: 1 });
  ca = authority.cert;
  const material = await issueServerCertificate({ authority, commonName: 'localhost', dns: ['localhost'], days: 1 });
  server = new HttpsServer({ material, minVersion: 'TLSv1.3', mostConnections: 4 }, (request, response) => {
    const answer = (): void => void response.end(request.url);
    if (request.url === '/slow') held.push(answer);
    else answer();
  });
  address = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close(0, () => false));

class Client {
  readonly socket: TLSSocket;
  text = '';
  closed = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        this.text += chunk;
      })
      .on('error', () => undefined)
      .on('close', () => {
        this.closed = true;
      });
  }

  static async open(): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port: address.port, ca, servername: 'localhost' });
    const client = new Client(socket);
    // A ticket comes when the server, too, is done with the handshake.
    await new Promise<void>((resolve) => {
      // Not in the middle of it: what is written there lies until something comes.
      socket.once('session', () => setImmediate(resolve));
      socket.once('close', () => resolve());
    });
    return client;
  }

  ask(path: string): void {
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }

  async answered(path: string): Promise<void> {
    const before = this.text;
    this.ask(path);
    await eventually(
      async () => this.text.slice(before.length),
      (text) => text.endsWith(path),
    );
  }
}

const closed = (clients: readonly Client[], wanted: readonly boolean[]): Promise<unknown> =>
  eventually(
    async () => clients.map((one) => one.closed),
    (now) => JSON.stringify(now) === JSON.stringify(wanted),
  );

test('past the limit the oldest connection that brought nothing is closed for a new one, then the one idle longest', async () => {
  const clients = [await Client.open(), await Client.open(), await Client.open(), await Client.open()];
  const [first, second, third, fourth] = clients as [Client, Client, Client, Client];
  for (const one of [fourth, first, second]) await one.answered('/a');
  const fifth = await Client.open();
  await fifth.answered('/b');
  await closed(clients, [false, false, true, false]);
  await first.answered('/c');
  const sixth = await Client.open();
  await sixth.answered('/d');
  await closed(clients, [false, false, true, true]);
  expect([third.text, fourth.text.endsWith('/a'), fifth.closed]).toEqual(['', true, false]);
});

test('a connection with a request under way is closed for nobody; the new one is', async () => {
  const busy = await Promise.all(Array.from({ length: 4 }, () => Client.open()));
  for (const one of busy) one.ask('/slow');
  await eventually(
    async () => held.length,
    (count) => count === 4,
  );
  const fifth = await Client.open();
  await closed([fifth, ...busy], [true, false, false, false, false]);
  for (const answer of held) answer();
  await eventually(
    async () => busy.map(({ text }) => text.endsWith('/slow')),
    (all) => !all.includes(false),
  );
});

test('connections that come all at once are all served', async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => Client.open()));
  await Promise.all(clients.map((one) => one.answered('/a')));
  // Sixty more, of which the last four stay.
  const more = await Promise.all(Array.from({ length: 60 }, () => Client.open()));
  await eventually(
    async () => [...clients, ...more].filter((one) => !one.closed).length,
    (open) => open === 4,
  );
});
