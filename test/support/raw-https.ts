import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface Server {
  readonly port: number;
  readonly ca: string;
}

/** Bytes over TLS as they are given, and everything that comes back until the server closes the connection. */
export function exchange(
  { port, ca }: Server,
  write: string | Buffer | ((socket: TLSSocket) => void),
  options: ConnectionOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options }, () => {
      if (typeof write === 'function') write(socket);
      else socket.write(write);
    });
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk;
      })
      .on('close', () => resolve(text))
      // A server that closes while we still write is an answer, too; only a connection that never was is none.
      .on('error', (error) => {
        if (!socket.authorized) reject(error);
      });
  });
}

/** Bytes without TLS, and everything that comes back. */
export function exchangePlain(port: number, write: (socket: Socket) => void): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connectTcp(port, '127.0.0.1', () => write(socket));
    socket
      .on('data', (chunk) => chunks.push(chunk))
      .on('close', () => resolve(Buffer.concat(chunks)))
      .on('error', () => undefined);
  });
}

/** The answers in what came back, by their Content-Length; throws where something else is between them. */
export function answersIn(raw: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = Buffer.from(raw);
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = rest.subarray(0, end).toString().split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(`${first} `)?.[1]);
    if (end === -1 || Number.isNaN(status)) throw new Error(`no answer: ${rest.subarray(0, 200).toString()}`);
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    ) as Record<string, string>;
    const length = status === 100 ? 0 : Number(headers['content-length'] ?? 0);
    answers.push({ status, headers, text: rest.subarray(end + 4, end + 4 + length).toString() });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}
