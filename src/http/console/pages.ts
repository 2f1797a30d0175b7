import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Express, RequestHandler } from 'express';
import { bundledAsset } from '../../system/bundled-asset.js';
import { packageRoot } from '../../system/package-root.js';
import { get } from '../server/get-route.js';
import { sendError } from '../server/send-error.js';
import { PageAccess } from './page-access.js';
import { type PageParts, pageState } from './page-state.js';
import { PageStream } from './page-stream.js';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const files: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

/** The page of `serve`: what is in force, what is wrong with it, and the last decisions, live. It only shows. */
export class Pages {
  readonly access = new PageAccess();
  readonly #parts: PageParts;
  readonly #stream: PageStream;

  constructor(parts: PageParts) {
    this.#parts = parts;
    this.#stream = new PageStream(() => JSON.stringify(pageState(parts, Date.now())));
    parts.decisions.onAdd(() => this.#stream.changed());
    parts.health.onChange(() => this.#stream.changed());
  }

  /** Something that neither a decision nor health told of has changed. */
  changed(): void {
    this.#stream.changed();
  }

  end(): void {
    this.#stream.end();
  }

  add(app: Express): void {
    for (const [path, { file, type }] of Object.entries(files))
      get(
        app,
        path,
        this.#guarded(async (_, response) => {
          response.setHeader('Content-Type', type);
          response.end(await readFile(join(folder(), file)));
        }),
      );
    get(
      app,
      '/api/state',
      this.#guarded((_, response) => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(pageState(this.#parts, Date.now())));
      }),
    );
    get(
      app,
      '/api/events',
      this.#guarded((_, response) => {
        if (!this.#stream.open(response))
          sendError(response, 'overloaded', 'Too many browsers watch this page already.');
      }),
    );
  }

  #guarded(handler: RequestHandler): RequestHandler {
    return (request, response, next) => {
      response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Referrer-Policy', 'no-referrer');
      response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      const access = this.access.look(request, request.query.token);
      if (access.kind === 'refused') return sendError(response, 'not-from-here');
      if (access.kind === 'enter') {
        response.setHeader('Set-Cookie', access.cookie);
        return response.redirect(303, '/');
      }
      return handler(request, response, next);
    };
  }
}

function folder(): string {
  return bundledAsset('page') ?? join(packageRoot(), 'src', 'server', 'page', 'browser');
}
