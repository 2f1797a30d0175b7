import { errnoOf, messageOf } from '../system/errno.js';
import { KubeError } from './kube-error.js';

/** One request on its way: its deadline, and what its end means. */
export class PendingRequest {
  readonly #what: string;
  readonly #deadline: number;
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #onOuter = (): void => this.#abort.abort();
  readonly #timer: NodeJS.Timeout | undefined;
  #late = false;

  constructor(what: string, deadline: number, outer: AbortSignal | undefined) {
    this.#what = what;
    this.#deadline = deadline;
    this.#outer = outer;
    if (outer?.aborted) this.#abort.abort();
    outer?.addEventListener('abort', this.#onOuter, { once: true });
    if (Number.isFinite(deadline))
      this.#timer = setTimeout(() => {
        this.#late = true;
        this.#abort.abort();
      }, deadline);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async race<T>(promise: Promise<T>): Promise<T> {
    let stop = (): void => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(this.errorOf(undefined));
      if (this.signal.aborted) stop();
      this.signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([promise, stopped]);
    } finally {
      this.signal.removeEventListener('abort', stop);
    }
  }

  errorOf(cause: unknown): KubeError {
    if (this.#late) return new KubeError('deadline', `${this.#what}: no answer within ${this.#deadline} ms`, { cause });
    if (this.#outer?.aborted) return new KubeError('aborted', `${this.#what}: stopped`, { cause });
    return new KubeError('unreachable', `${this.#what}: ${unreachableText(cause)}`, { cause });
  }

  /** The answer may take as long as it likes from here on; the caller's signal still ends it. */
  keep(): void {
    clearTimeout(this.#timer);
  }

  settle(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuter);
  }
}

function unreachableText(cause: unknown): string {
  const errno = errnoOf(cause);
  if (errno === 'ECONNREFUSED') return 'nothing answers there (connection refused)';
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN')
    return `the name of the server is not known (${messageOf(cause)})`;
  if (errno === 'ECONNRESET') return 'the connection was cut';
  if (
    errno === 'SELF_SIGNED_CERT_IN_CHAIN' ||
    errno === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' ||
    errno === 'DEPTH_ZERO_SELF_SIGNED_CERT'
  )
    return `the server's certificate is not signed by the authority that the connection names (${messageOf(cause)})`;
  return cause === undefined ? 'stopped' : messageOf(cause);
}
