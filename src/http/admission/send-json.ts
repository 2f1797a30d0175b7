import type { ServerResponse } from 'node:http';

/**
 * Answers with JSON text in a single write. Node would hand head and body to the socket as two pieces and an empty third, which
 * costs a fifth of a whole call; a body that stands in the head's text goes out with it, and what follows is the same.
 */
export function sendJson(response: ServerResponse, status: number, body: string): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': length });
  const head = response as unknown as { _header?: unknown };
  if (typeof head._header !== 'string') {
    response.end(body);
    return;
  }
  // Node writes the head byte for byte as Latin-1.
  head._header += length === body.length ? body : Buffer.from(body).toString('latin1');
  response.end();
}
