import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SwapRemoveList } from '../../system/swap-remove-list.js';

const own = Symbol('connection');

interface Connection {
  slot: number;
  readonly socket: Socket;
  /** When it came, in connections. */
  readonly opened: number;
  /** When its last request came, in requests; 0: none has come yet. */
  lastUsed: number;
}

type Known = Socket & { [own]?: Connection };
/** Under a TLS connection lies the TCP connection. */
type Secure = TLSSocket & { readonly _parent?: Known };
/** Set while an answer is under way. */
type Answering = Socket & { readonly _httpMessage?: unknown };

/**
 * The connections of a server, with a limit to how many there are: each takes some 50 KB, and anyone can open thousands. Past it a new one
 * takes the place of the one that nobody would miss: the oldest that never brought a request, else the one that has been idle longest. Go's
 * client, and so the API server, opens another by itself then.
 */
export class Connections {
  readonly #limit: number;
  readonly #open = new SwapRemoveList<Connection>();
  #opened = 0;
  #requests = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#open.size;
  }

  /** A TCP connection. It is ended at once where all others are busy. */
  add(socket: Known): void {
    if (this.#open.size >= this.#limit) {
      const idle = this.#leastMissed();
      if (idle === undefined) {
        socket.destroy();
        return;
      }
      this.#open.remove(idle);
      idle.socket.destroy();
    }
    this.#opened += 1;
    this.#track(socket, this.#opened);
  }

  /** TLS has begun on it. */
  secured(socket: Secure & Known): void {
    const below = socket._parent?.[own];
    if (below !== undefined) this.#open.remove(below);
    this.#track(socket, below?.opened ?? 0);
  }

  /** A request has come on it. */
  used({ socket }: IncomingMessage): void {
    this.#requests += 1;
    const connection = (socket as Known)[own];
    if (connection !== undefined) connection.lastUsed = this.#requests;
  }

  /** Whether there is one whose first request is still to come. */
  hasFresh(): boolean {
    return this.#open.find(({ lastUsed }) => lastUsed === 0) !== undefined;
  }

  #track(socket: Known, opened: number): void {
    const connection: Connection = { slot: -1, socket, opened, lastUsed: 0 };
    socket[own] = connection;
    this.#open.add(connection);
    socket.once('close', () => this.#open.remove(connection));
  }

  #leastMissed(): Connection | undefined {
    let found: Connection | undefined;
    this.#open.forEach((one) => {
      if (isAnswering(one.socket)) return;
      if (found === undefined || one.lastUsed < found.lastUsed) found = one;
      else if (one.lastUsed === found.lastUsed && one.opened < found.opened) found = one;
    });
    return found;
  }
}

function isAnswering(socket: Answering): boolean {
  return socket._httpMessage !== undefined && socket._httpMessage !== null;
}
