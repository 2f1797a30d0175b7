import type { ServerResponse } from 'node:http';
import { type ApiErrorCode, apiErrorBody, apiErrorStatus } from './api-error.js';

/** Answers with an error of the catalogue, unless an answer has begun already. */
export function sendError(response: ServerResponse, code: ApiErrorCode, message?: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = apiErrorBody(code, message);
  response.writeHead(apiErrorStatus(code), {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
