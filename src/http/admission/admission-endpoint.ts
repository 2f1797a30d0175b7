import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Webhook } from '../../core/admission/decision.js';
import { capitalized } from '../../core/text/words.js';
import type { Log } from '../../system/log.js';
import type { AdmissionMetrics } from '../../system/metrics/admission-metrics.js';
import type { HistogramCell, MetricCell } from '../../system/metrics/family.js';
import { type ApiErrorCode, apiErrorStatus } from '../server/api-error.js';
import { sendError } from '../server/send-error.js';
import type { AdmissionService } from './admission-service.js';
import type { HttpAnswer, PendingAnswer } from './answer.js';
import { bodyLimitMessage, OversizedHead } from './body-limit.js';
import { Call } from './call.js';
import { callDeadline } from './call-deadline.js';
import { type Caller, Callers, type ClientCertificates } from './callers.js';
import { Deadlines } from './deadlines.js';
import { InFlightBytes } from './in-flight.js';
import { type LargeReviews, largeReviewBytes } from './large-reviews.js';
import { pruneReview } from './prune-review.js';
import { readBody } from './read-body.js';
import { type ReviewHead, readReviewHead, reviewHeadBytes } from './review-head.js';
import type { PrunedReview } from './review-pruner.js';
import { UnsentAnswers } from './unsent-answers.js';

/** Bytes of answers that wait for callers who do not read them. */
const unsentLimit = 16_777_216;

export interface AdmissionEndpointOptions {
  /** Milliseconds. */
  readonly deadline: number;
  readonly bodyLimit: number;
  readonly inFlightLimit: number;
  readonly jsonDepth: number;
  /** Set when callers are asked for a client certificate. */
  readonly clientCertificates?: ClientCertificates;
}

interface Parts {
  readonly service: AdmissionService;
  readonly largeReviews: LargeReviews;
  readonly metrics: AdmissionMetrics;
  readonly log: Log;
}

interface Counted {
  readonly requests: MetricCell;
  readonly seconds: HistogramCell;
}

/**
 * POST /mutate and POST /validate, on the bare request: type and sender are looked at before a byte of the body is kept, its size as it
 * comes; the body is pruned and parsed once; every call gets one answer before its deadline, and a defect never more than an error.
 */
export class AdmissionEndpoint {
  readonly #options: AdmissionEndpointOptions;
  readonly #service: AdmissionService;
  readonly #largeReviews: LargeReviews;
  readonly #callers: Callers;
  readonly #metrics: AdmissionMetrics;
  readonly #log: Log;
  readonly #inFlight: InFlightBytes;
  readonly #unsent = new UnsentAnswers(unsentLimit);
  readonly #open: Deadlines<Call>;
  readonly #deadlines = new Map<string, number>();
  readonly #cells = new Map<string, Counted>();
  readonly #told = new Set<string>();
  #draining = false;

  constructor(options: AdmissionEndpointOptions, { service, largeReviews, metrics, log }: Parts) {
    this.#options = options;
    this.#service = service;
    this.#largeReviews = largeReviews;
    this.#callers = new Callers(options.clientCertificates, (caller) => this.#count(caller));
    this.#metrics = metrics;
    this.#log = log;
    this.#inFlight = new InFlightBytes(options.inFlightLimit);
    this.#open = new Deadlines((call) => this.#look(call));
    metrics.onScrape(() => {
      metrics.family('seccomply_in_flight_requests').set(this.#open.size);
      metrics.family('seccomply_in_flight_bytes').set(this.#inFlight.held);
    });
  }

  /** Calls that wait for their body, their decision or their record. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** From now on each answer asks for its connection to be closed, so that callers move elsewhere by themselves. */
  drain(): void {
    this.#draining = true;
  }

  handle(request: IncomingMessage, response: ServerResponse, webhook: Webhook): void {
    const caller = this.#callers.of(request.socket as TLSSocket);
    const refused = this.#refusalOfHead(request, caller);
    if (refused !== undefined) {
      // What is left of the body is read and dropped by Node once the answer is out; the server's request timeout bounds it.
      if (refused === 'method-not-allowed') response.setHeader('Allow', 'POST');
      if (refused === 'not-ready') response.setHeader('Retry-After', '1');
      this.#sendError(response, refused, refused === caller.refusal?.code ? caller.refusal.message : undefined);
      return;
    }
    const url = request.url as string;
    const call = new Call(
      request,
      response,
      webhook,
      caller,
      this.#deadlineOf(url),
      Number(request.headers['content-length'] ?? 0),
    );
    this.#open.add(call);
    readBody(
      request,
      (piece) => this.#take(call, piece),
      () => this.#decide(call),
    );
    // Comes with the end of the answer, and when the caller is gone before it.
    response.on('close', () => this.#onClose(call));
  }

  /** The API server asks at the same few addresses again and again. */
  #deadlineOf(url: string): number {
    if (url.length > 256) return callDeadline(url, this.#options.deadline);
    let deadline = this.#deadlines.get(url);
    if (deadline === undefined) {
      deadline = callDeadline(url, this.#options.deadline);
      if (this.#deadlines.size >= 64) this.#deadlines.clear();
      this.#deadlines.set(url, deadline);
    }
    return deadline;
  }

  #refusalOfHead(request: IncomingMessage, { refusal }: Caller): ApiErrorCode | undefined {
    if (request.method !== 'POST') return 'method-not-allowed';
    const { headers } = request;
    const type = headers['content-type'];
    if (type !== 'application/json' && !isJson(type)) return 'unsupported-media-type';
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') return 'unsupported-media-type';
    if (refusal !== undefined && this.#callers.areRequired) return refusal.code;
    return this.#service.ready() ? undefined : 'not-ready';
  }

  #take(call: Call, piece: Buffer): void {
    if (call.state !== 'reading') return;
    const { body } = call;
    call.size += piece.length;
    if (call.head !== undefined || Math.max(call.announced, call.size) > this.#options.bodyLimit) {
      this.#takeHead(call, piece);
      return;
    }
    if (!this.#hold(call, body.roomFor(piece))) return;
    body.add(piece);
    // Who sends so gets no second request on this connection.
    if (body.isFragmented) this.#error(call, 'body-fragmented', undefined, 'close');
  }

  /** Counts bytes that are held for a call; where there is no room for them the call is answered, and false returned. */
  #hold(call: Call, bytes: number): boolean {
    if (!this.#inFlight.take(bytes, call.held)) {
      call.response.setHeader('Retry-After', '1');
      this.#error(call, 'overloaded');
      return false;
    }
    call.held += bytes;
    return true;
  }

  #takeHead(call: Call, piece: Buffer): void {
    let told: ReviewHead | undefined;
    if (call.head === undefined) {
      const pieces = call.body.take();
      this.#release(call);
      if (!this.#hold(call, reviewHeadBytes)) return;
      call.head = new OversizedHead();
      for (const before of pieces) told ??= call.head.add(before);
    }
    told ??= call.head.add(piece);
    if (told !== undefined) this.#refuseOversized(call, told);
  }

  #refuseOversized(call: Call, head: ReviewHead): void {
    this.#release(call);
    this.#refuseUnread(call, 'body-too-large', head, bodyLimitMessage(this.#options.bodyLimit));
  }

  /** A denial on record where the head says to whom it goes. An error would be no denial: the webhook's failurePolicy could let it through. */
  #refuseUnread(call: Call, code: ApiErrorCode, { uid, ...head }: ReviewHead, message: string): void {
    if (uid === undefined) {
      this.#error(call, code);
      return;
    }
    call.state = 'deciding';
    this.#metrics.family('seccomply_oversized_requests_total').add(1, call.webhook);
    this.#attempt(call, () =>
      this.#service.refuseUnread(call.webhook, { ...head, uid, caller: call.caller.recorded }, message),
    );
  }

  #decide(call: Call): void {
    if (call.state !== 'reading') return;
    if (call.head !== undefined) {
      this.#refuseOversized(call, call.head.read());
      return;
    }
    if (call.size === 0) {
      this.#error(call, 'body-missing');
      return;
    }
    call.state = 'deciding';
    const { size } = call;
    const chunks = call.body.take();
    if (size > largeReviewBytes) {
      void this.#decideLarge(call, chunks, size);
      return;
    }
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
    const read = pruneReview(body, this.#options.jsonDepth);
    if ('error' in read) this.#refuseText(call, read);
    else this.#decideText(call, read.text);
  }

  async #decideLarge(call: Call, chunks: readonly Buffer[], size: number): Promise<void> {
    const results = this.#metrics.family('seccomply_large_reviews_total');
    try {
      const outcome = await this.#largeReviews.read(chunks, size);
      if (call.state !== 'deciding') {
        results.add(1, 'failed');
        return;
      }
      if ('error' in outcome) {
        results.add(1, 'malformed');
        this.#refuseText(call, outcome);
      } else {
        results.add(1, 'read');
        this.#decideText(call, outcome.text);
      }
    } catch (error) {
      results.add(1, 'failed');
      this.#log.error('a large review could not be read', { error });
      this.#error(call, 'internal');
    }
  }

  #refuseText(call: Call, outcome: Exclude<PrunedReview, { readonly text: string }>): void {
    if (outcome.error === 'malformed-json') {
      this.#error(call, outcome.error);
      return;
    }
    const { jsonDepth } = this.#options;
    const isDeep = outcome.error === 'json-too-deep';
    this.#refuseUnread(
      call,
      isDeep ? outcome.error : 'body-too-large',
      readReviewHead(Buffer.from(outcome.head)),
      isDeep
        ? `the request is nested deeper than ${jsonDepth} levels, the limit of --json-depth, and was not read: make the object flatter, or let the operator of Seccomply raise the limit`
        : 'the request holds so many containers, volumes, labels or other values to decide on that it was not read: make the object smaller',
    );
  }

  #decideText(call: Call, text: string): void {
    let review: unknown;
    try {
      review = JSON.parse(text);
    } catch {
      this.#error(call, 'malformed-json');
      return;
    }
    this.#attempt(call, () =>
      this.#service.review(call.webhook, review, {
        caller: call.caller.recorded,
        at: new Date(),
        deadline: call.deadline - (performance.now() - call.began),
      }),
    );
  }

  /** The one place where the service is called; whatever it throws becomes an error answer, and a line in the log. */
  #attempt(call: Call, ask: () => HttpAnswer | PendingAnswer | { readonly bad: string }): void {
    let answer: ReturnType<typeof ask>;
    try {
      answer = ask();
    } catch (error) {
      this.#defect(call, error);
      return;
    }
    if ('bad' in answer) this.#error(call, 'bad-review', `${capitalized(answer.bad)}.`);
    else if ('settled' in answer) {
      call.pending = answer;
      answer.settled.then(
        (settled) => this.#answer(call, settled),
        (error: unknown) => this.#defect(call, error),
      );
    } else this.#answer(call, answer);
  }

  #defect(call: Call, error: unknown): void {
    this.#log.error(`the decision for ${call.webhook} failed`, { error });
    this.#error(call, 'internal');
  }

  #answer(call: Call, answer: HttpAnswer): void {
    if (call.state === 'answered') return;
    const { response } = call;
    if (this.#draining) response.shouldKeepAlive = false;
    const length = Buffer.byteLength(answer.body);
    response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Content-Length': length });
    response.end(answer.body);
    this.#unsent.add(response, length);
    const seconds = (performance.now() - call.began) / 1000;
    const { webhook } = call;
    const { operation, decision } = answer;
    const counted = this.#counted(webhook, operation, decision, answer.dryRun);
    counted.requests.value += 1;
    counted.seconds.observe(seconds);
    this.#finish(call);
  }

  #counted(webhook: Webhook, operation: string, decision: HttpAnswer['decision'], dryRun: boolean): Counted {
    const key = `${webhook} ${operation} ${decision} ${dryRun}`;
    let counted = this.#cells.get(key);
    if (counted === undefined) {
      counted = {
        requests: this.#metrics
          .family('seccomply_admission_requests_total')
          .cell(webhook, operation, decision, String(dryRun)),
        seconds: this.#metrics.histogram('seccomply_admission_duration_seconds').cell(webhook, operation, decision),
      };
      this.#cells.set(key, counted);
    }
    return counted;
  }

  /** Once for each connection. Each thing that can be wrong is told once, so that strangers fill no log. */
  #count({ recorded, refusal }: Caller): void {
    this.#metrics.family('seccomply_admission_callers_total').add(1, String(recorded.authenticated));
    if (refusal === undefined || this.#told.has(refusal.message) || this.#told.size >= 20) return;
    this.#told.add(refusal.message);
    this.#log.warn('a caller of admission is not authenticated', { reason: refusal.message });
  }

  #error(call: Call, code: ApiErrorCode, message?: string, connection: 'keep' | 'close' = 'keep'): void {
    if (call.state === 'answered') return;
    if (connection === 'close') call.response.shouldKeepAlive = false;
    this.#finish(call);
    this.#sendError(call.response, code, message);
  }

  #sendError(response: ServerResponse, code: ApiErrorCode, message?: string): void {
    this.#metrics.family('seccomply_http_errors_total').add(1, code);
    if (apiErrorStatus(code) >= 500) this.#log.debug(`answered ${code}`);
    if (this.#draining) response.shouldKeepAlive = false;
    sendError(response, code, message);
  }

  /** Called every 50 ms for each open call. */
  #look(call: Call): void {
    if (performance.now() - call.began < call.deadline) return;
    if (call.state === 'reading') {
      // Whoever sends so slowly gets no second request on this connection.
      this.#error(call, 'body-timeout', undefined, 'close');
    } else if (call.pending?.late !== undefined) this.#answer(call, call.pending.late());
    else this.#error(call, 'deadline-exceeded');
  }

  #onClose(call: Call): void {
    // Nobody is let through any more: what its record says otherwise is taken back.
    if (call.state === 'deciding') call.pending?.late?.();
    this.#finish(call);
  }

  #finish(call: Call): void {
    call.state = 'answered';
    this.#open.remove(call);
    this.#release(call);
  }

  #release(call: Call): void {
    call.body.take();
    call.head = undefined;
    this.#inFlight.release(call.held);
    call.held = 0;
  }
}

function isJson(type: string | undefined): boolean {
  return type !== undefined && /^application\/json\s*(;|$)/i.test(type.trim());
}
