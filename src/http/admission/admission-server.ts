import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { Log } from '../../system/log.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';
import type { Address } from '../server/address.js';
import type { Health } from '../server/health.js';
import { HttpsServer, type HttpsServerOptions } from '../server/https-server.js';
import { sendError } from '../server/send-error.js';
import type { AdmissionEndpoint } from './admission-endpoint.js';

export interface AdmissionServerOptions extends HttpsServerOptions {
  readonly listen: Address;
  /** Metrics and pages listen there, beside health; `listen` then has admission and health only. */
  readonly adminListen?: Address;
}

interface Parts {
  readonly endpoint: AdmissionEndpoint;
  readonly health: Health;
  readonly metrics: AdmissionMetrics;
  readonly log: Log;
  readonly pages?: (app: Express) => void;
  /** Ends what is open for as long as the caller likes: streams of the page. */
  readonly endStreams?: () => void;
}

/** The whole server: admission on the bare request, everything else through express, which is loaded when it is first asked for. */
export class AdmissionServer {
  readonly #options: AdmissionServerOptions;
  readonly #parts: Parts;
  readonly main: HttpsServer;
  readonly admin: HttpsServer | undefined;
  #app: Promise<RequestListener> | undefined;
  #drainStarted = false;

  constructor(options: AdmissionServerOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.main = new HttpsServer(options, (request, response) => this.#main(request, response));
    this.admin =
      options.adminListen === undefined
        ? undefined
        : new HttpsServer({ material: options.material, minVersion: options.minVersion }, (request, response) =>
            this.#rest(request, response),
          );
  }

  /** @throws ListenError */
  async listen(): Promise<{ readonly main: AddressInfo; readonly admin?: AddressInfo }> {
    const main = await this.main.listen(this.#options.listen);
    const admin =
      this.#options.adminListen === undefined
        ? undefined
        : await this.admin?.listen(this.#options.adminListen, '--admin-listen');
    return { main, ...(admin === undefined ? {} : { admin }) };
  }

  /** Not ready any more; every answer from now on asks for its connection to be closed. */
  drain(): void {
    this.#drainStarted = true;
    this.#parts.health.drain();
    this.#parts.endpoint.drain();
  }

  /** Takes no more connections, and ends when what has begun is answered, at the latest after `longest` ms. */
  async close(longest: number): Promise<void> {
    this.#parts.endStreams?.();
    const busy = (): boolean => this.#parts.endpoint.inFlight > 0;
    await Promise.all([this.main.close(longest, busy), this.admin?.close(longest, busy)]);
  }

  #main(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url ?? '');
    if (path === '/mutate') this.#parts.endpoint.handle(request, response, 'mutate');
    else if (path === '/validate') this.#parts.endpoint.handle(request, response, 'validate');
    else if (this.admin === undefined || path === '/healthz' || path === '/readyz') this.#rest(request, response);
    else sendError(response, 'not-found');
  }

  #rest(request: IncomingMessage, response: ServerResponse): void {
    if (this.#drainStarted) response.shouldKeepAlive = false;
    this.#app ??= this.#loadApp();
    this.#app.then(
      (app) => app(request, response),
      (error: unknown) => {
        this.#app = undefined;
        this.#parts.log.error('the part of the server for health, metrics and pages could not be loaded', { error });
        sendError(response, 'internal');
      },
    );
  }

  async #loadApp(): Promise<RequestListener> {
    const { makeApp } = await import('../server/app.js');
    return makeApp(this.#parts);
  }
}

/** The path alone; a request may also give the whole address (RFC 9112 §3.2.2), whose host is as good as any here. */
function pathOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
