import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Webhook } from '../../core/admission/decision.js';
import type { PendingAnswer } from './answer.js';
import type { OversizedHead } from './body-limit.js';
import { BodyPieces } from './body-pieces.js';
import type { Caller } from './callers.js';

/** One admission call between its head and its answer. */
export class Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly webhook: Webhook;
  readonly caller: Caller;
  /** `performance.now()` at the head of the request. */
  readonly began: number;
  /** Milliseconds the whole call may take. */
  readonly deadline: number;
  /** Bytes that Content-Length announces; 0 where it does not. */
  readonly announced: number;
  state: 'reading' | 'deciding' | 'answered' = 'reading';
  readonly body = new BodyPieces();
  /** Of a body over the limit. */
  head: OversizedHead | undefined;
  /** Bytes of the body so far. */
  size = 0;
  /** Bytes counted as held. */
  held = 0;
  pending: PendingAnswer | undefined;
  slot = -1;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    webhook: Webhook,
    caller: Caller,
    deadline: number,
    announced: number,
  ) {
    this.request = request;
    this.response = response;
    this.webhook = webhook;
    this.caller = caller;
    this.began = performance.now();
    this.deadline = deadline;
    this.announced = announced;
  }
}
