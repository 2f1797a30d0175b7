import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SecureContextOptions, SecureVersion, TLSSocket } from 'node:tls';
import { UserError } from '../../core/problem/user-error.js';
import { errnoOf, messageOf } from '../../system/errno.js';
import type { CertificateMaterial } from '../../tls/certificate/cert-source.js';
import type { Address } from './address.js';
import { type ApiErrorCode, apiErrorBody, apiErrorStatus } from './api-error.js';
import { Connections } from './connections.js';
import { paceConnections } from './paced-connections.js';
import { sendError } from './send-error.js';

/** Go's client keeps idle connections for 90 s: the server must be the one that waits longer. */
const keepAlive = 120_000;
/** For the head of a request and for all of it, from its first byte; waiting on a kept connection does not count. */
const wholeRequest = 30_000;
/** Without a byte either way while a request is under way: whoever does not read his answer. Longer than the longest deadline of a call. */
const silence = 45_000;
/** Go's client allows 10 s as a rule. */
const handshake = 10_000;
/** Of one server at a time: several for each call that many API servers make at once. */
const mostConnections = 2_000;
/** Requests on one connection before the first of them is answered. No client of ours sends a second one. */
const mostAtOnce = 16;
/** After the listener is closed, so long idle connections may still bring a request that was on its way, */
const settle = 500;
/** and so long connections that have not brought any yet: a handshake takes its time on a busy machine. */
const settleFirst = 3_000;
const look = 20;
/** As many connections as Node lets wait. */
const mostWaiting = 511;

export interface HttpsServerOptions {
  readonly material: CertificateMaterial;
  readonly minVersion: SecureVersion;
  /** Default 2,000; past it the least missed of those that are idle is closed for a new one. */
  readonly mostConnections?: number;
  /** PEM; set, clients are asked for a certificate. Whether one is needed is decided per path. */
  readonly clientCa?: string;
}

/** The server cannot listen where it should. */
export class ListenError extends UserError {
  override readonly name = 'ListenError';
}

/** HTTP/1.1 over TLS, with the time limits of a server behind the API server; errors below HTTP get a JSON answer too. */
export class HttpsServer {
  readonly server: Server;
  readonly minVersion: SecureVersion;
  readonly #connections: Connections;
  /** Of connections with more than one request at once, how many wait behind the first. */
  readonly #behind = new WeakMap<Socket, number>();

  constructor(options: HttpsServerOptions, handle: (request: IncomingMessage, response: ServerResponse) => void) {
    this.minVersion = options.minVersion;
    this.#connections = new Connections(options.mostConnections ?? mostConnections);
    const { key, cert } = options.material;
    this.server = createServer(
      {
        key,
        cert,
        minVersion: options.minVersion,
        ALPNProtocols: ['http/1.1'],
        ...clientContext(options.clientCa),
        ...(options.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
        keepAliveTimeout: keepAlive,
        headersTimeout: wholeRequest,
        requestTimeout: wholeRequest,
        connectionsCheckingInterval: 5_000,
        handshakeTimeout: handshake,
        noDelay: true,
      },
      (request, response) => {
        this.#connections.used(request);
        // An answer that waits for its turn has no socket yet.
        if (response.socket === null && this.#isOneTooMany(request.socket, response)) return;
        handle(request, response);
      },
    );
    this.server.timeout = silence;
    paceConnections(this.server);
    this.server.on('connection', (socket: Socket) => this.#connections.add(socket));
    this.server.on('secureConnection', (socket: TLSSocket) => this.#connections.secured(socket));
    this.server.on('clientError', answerBadHttp);
    this.server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) =>
      sendError(response, 'expectation-failed'),
    );
  }

  /** @throws ListenError with what to do about it */
  async listen({ host, port }: Address, flag = '--listen'): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) =>
        reject(new ListenError(whyNotListening(error, host, port, flag), { cause: error })),
      );
      this.server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
        this.server.removeAllListeners('error');
        this.server.on('error', () => undefined);
        resolve();
      });
    });
    return this.server.address() as AddressInfo;
  }

  /**
   * Takes no more connections, lets what has begun come to its end, and closes what is idle; after `longest` ms everything.
   * `busy` says whether something is still being answered.
   */
  async close(longest: number, busy: () => boolean): Promise<void> {
    const { server } = this;
    const end = performance.now() + longest;
    await takeWaiting(server);
    const gone = new Promise<void>((resolve) => {
      // Not the HTTP server's own close: that ends idle connections at once, under requests that are on their way.
      NetServer.prototype.close.call(server, () => resolve());
    });
    let isGone = false;
    void gone.then(() => {
      isGone = true;
    });
    const closed = performance.now();
    const isWaitedFor = (now: number): boolean =>
      now < closed + settle || busy() || (now < closed + settleFirst && this.#connections.hasFresh());
    while (!isGone && performance.now() < end && isWaitedFor(performance.now())) await pause(look);
    server.closeAllConnections();
    // Its timer that checks connections for time-outs would keep the process.
    server.close();
  }

  /** The first one too many gets an error and ends its connection, what comes behind it nothing: nobody is left to be answered. */
  #isOneTooMany(socket: Socket, response: ServerResponse): boolean {
    const behind = (this.#behind.get(socket) ?? 0) + 1;
    this.#behind.set(socket, behind);
    if (behind < mostAtOnce) {
      response.once('close', () => this.#behind.set(socket, (this.#behind.get(socket) ?? 1) - 1));
      return false;
    }
    // Counts no further down: the connection is over.
    if (behind === mostAtOnce) {
      response.shouldKeepAlive = false;
      takeNoMore(socket);
      sendError(response, 'bad-request', `There are more than ${mostAtOnce} requests at once on this connection.`);
    }
    return true;
  }
}

/** What came with the request is read to its end by Node; each further one would cost an error with its stack when the connection ends. */
function takeNoMore(socket: Socket & { readonly parser?: { onIncoming?: unknown } | null }): void {
  const { parser } = socket;
  if (typeof parser?.onIncoming === 'function') parser.onIncoming = () => 0;
}

/**
 * Takes the connections that wait to be taken: the system resets them with the listener, under calls that their callers have
 * begun. Node takes one in each turn, and waits for events before `setImmediate`. Beforehand the queue is made as short as the
 * system has it, so that next to none can come in between: who finds it full tries again, and then nobody listens.
 */
async function takeWaiting(server: Server): Promise<void> {
  (server as Server & { readonly _handle?: { listen?(backlog: number): number } })._handle?.listen?.(0);
  let took = true;
  const note = (): void => {
    took = true;
  };
  server.on('connection', note);
  for (let turn = 0; took && turn < mostWaiting; turn += 1) {
    took = false;
    await nextTurn();
  }
  server.off('connection', note);
}

/** What a secure context needs beside key and certificate; the same for every certificate. */
export function clientContext(clientCa: string | undefined): SecureContextOptions {
  return clientCa === undefined ? {} : { ca: clientCa };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What is no HTTP, or took too long to become it. */
function answerBadHttp(error: Error, socket: Socket): void {
  // As Node does it by default: the answer that is being written on this connection, if any.
  const begun = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage;
  if (!socket.writable || begun?.headersSent === true || errnoOf(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const code = badHttpCode(errnoOf(error));
  const body = apiErrorBody(code);
  const status = apiErrorStatus(code);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function badHttpCode(errno: string | undefined): ApiErrorCode {
  switch (errno) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers-too-large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'body-timeout';
    case 'HPE_INVALID_EOF_STATE':
      return 'body-incomplete';
    default:
      return 'bad-request';
  }
}

function whyNotListening(error: Error, host: string, port: number, flag: string): string {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return `cannot listen on ${where}: another program does already\n    Stop it, or give another address with ${flag} HOST:PORT (port 0: any free one).`;
    case 'EACCES':
      return `cannot listen on ${where}: ports below 1024 need more rights\n    Give a higher port with ${flag} HOST:PORT.`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${where}: this machine does not have the address ${host}\n    Give one of its own with ${flag} HOST:PORT, or 0.0.0.0 for all.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot listen on ${where}: the name ${host} is not known\n    Give an address with ${flag} HOST:PORT, e.g. 127.0.0.1:8443.`;
    default:
      return `cannot listen on ${where}: ${messageOf(error)}\n    Give another address with ${flag} HOST:PORT.`;
  }
}
