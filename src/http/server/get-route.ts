import type { Express, RequestHandler } from 'express';
import { sendError } from './send-error.js';

/** A page or endpoint that is only read; another method gets 405. */
export function get(app: Express, path: string, handler: RequestHandler): void {
  app.get(path, handler);
  app.all(path, (_, response) => {
    response.setHeader('Allow', 'GET, HEAD');
    sendError(response, 'method-not-allowed');
  });
}
