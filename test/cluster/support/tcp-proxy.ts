import { connect, createServer, type Server, type Socket } from 'node:net';

/** A line between a client and a server that can be cut, or fall silent. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: URL;
  /** Connections that were made through it. */
  accepted = 0;
  #isSilent = false;

  static start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target));
    return new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', () => resolve(proxy)));
  }

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  get url(): string {
    const address = this.#server.address();
    return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** Resets every connection there is. */
  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Passes nothing on any more on the connections there are, and tells neither side. New ones work. */
  silence(): void {
    for (const [client, server] of this.#pairs) {
      client.unpipe(server);
      server.unpipe(client);
    }
  }

  /** Takes connections and answers nothing, until `false`. */
  silenceNew(isSilent: boolean): void {
    this.#isSilent = isSilent;
  }

  stop(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: Socket): void {
    this.accepted += 1;
    const server = connect(Number(this.#target.port), this.#target.hostname);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
    if (this.#isSilent) return;
    client.pipe(server);
    server.pipe(client);
  }
}
