import { UserError } from '../core/problem/user-error.js';

/** What went wrong, as far as a caller has to tell cases apart. */
export type KubeErrorCode =
  | 'unreachable'
  | 'deadline'
  | 'aborted'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'expired'
  | 'invalid'
  | 'too-many-requests'
  | 'server'
  | 'answer';

/** One part of why a request was refused, e.g. a field and the manager that holds it. */
export interface KubeErrorCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/**
 * A request to the API server that did not succeed. `unreachable`: no answer came; `deadline`: none in time; `aborted`: the caller's
 * signal; `answer`: something that is no Kubernetes API answered. The others are the API server's own refusals, whose words `message` is.
 */
export class KubeError extends UserError {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** `reason` of the API server's Status, e.g. `AlreadyExists`; empty when there is none. */
  readonly reason: string;
  readonly causes: readonly KubeErrorCause[];
  /** How long the API server asks to be left alone, in ms. */
  readonly retryAfter: number | undefined;

  constructor(
    code: KubeErrorCode,
    message: string,
    more: {
      readonly status?: number;
      readonly reason?: string;
      readonly causes?: readonly KubeErrorCause[];
      readonly retryAfter?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.reason = more.reason ?? '';
    this.causes = more.causes ?? [];
    this.retryAfter = more.retryAfter;
  }
}

export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
}

/** The error that an answer with a status of 400 and above means. `what` is said before the server's words, e.g. `GET /api/v1/nodes`. */
export function errorOfAnswer(what: string, status: number, body: string, retryAfterHeader?: string): KubeError {
  const parsed = statusObject(body);
  const seconds = Number(retryAfterHeader ?? parsed?.details?.retryAfterSeconds);
  const retryAfter = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  if (parsed === undefined) {
    const said = body.trim().slice(0, 300);
    return new KubeError(codeOf(status, ''), `${what}: HTTP ${status}${said === '' ? '' : `: ${said}`}`, {
      status,
      retryAfter,
    });
  }
  const reason = typeof parsed.reason === 'string' ? parsed.reason : '';
  const causes = (Array.isArray(parsed.details?.causes) ? parsed.details.causes : []).map((one) => ({
    reason: String(one?.reason ?? ''),
    message: String(one?.message ?? ''),
    field: String(one?.field ?? ''),
  }));
  const message = `${what}: ${typeof parsed.message === 'string' ? parsed.message : `HTTP ${status}`}`;
  return new KubeError(codeOf(status, reason), message, { status, reason, causes, retryAfter });
}

/** The error that a Status object means, which a watch sends in place of an event. */
export function errorOfStatus(what: string, status: unknown): KubeError {
  const code = typeof status === 'object' && status !== null ? (status as { code?: unknown }).code : undefined;
  return errorOfAnswer(what, typeof code === 'number' ? code : 500, JSON.stringify(status ?? null));
}

interface StatusObject {
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: {
    readonly retryAfterSeconds?: unknown;
    readonly causes?: readonly ({ reason?: unknown; message?: unknown; field?: unknown } | null)[];
  };
}

function statusObject(body: string): StatusObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return undefined;
    return (value as { kind?: unknown }).kind === 'Status' ? (value as StatusObject) : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(status: number, reason: string): KubeErrorCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 409) return reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
  if (status === 410) return 'expired';
  if (status === 429) return 'too-many-requests';
  if (status >= 500) return 'server';
  return 'invalid';
}
