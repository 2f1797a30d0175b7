import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Log } from '../../system/log.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';
import { get } from './get-route.js';
import type { Health } from './health.js';
import { sendError } from './send-error.js';
import { sharedScrape } from './shared-scrape.js';

export interface AppParts {
  readonly health: Health;
  readonly metrics: AdmissionMetrics;
  readonly log: Log;
  /** Adds what is for people; absent where there is nothing. */
  readonly pages?: (app: Express) => void;
}

/** Everything but admission: health for probes, metrics for Prometheus, pages for people. */
export function makeApp({ health, metrics, log, pages }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.use(safeHeaders);
  const scrape = sharedScrape(() => metrics.scrape());
  get(app, '/healthz', (_, response) => {
    response.type('text/plain').send('ok\n');
  });
  get(app, '/readyz', (request, response) => {
    response
      .status(health.state === 'ready' ? 200 : 503)
      .type('text/plain')
      .send(health.readyText(request.query.verbose !== undefined));
  });
  get(app, '/metrics', async (_, response) => {
    const { contentType, text } = await scrape();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
  pages?.(app);
  app.use((_, response) => sendError(response, 'not-found'));
  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    // A path that cannot be decoded, and the like.
    if ((error as { status?: number }).status === 400) return sendError(response, 'not-found');
    log.error(`GET ${request.path} failed`, { error });
    sendError(response, 'internal');
  };
  app.use(onError);
  return app;
}

const safeHeaders: RequestHandler = (_, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  next();
};
