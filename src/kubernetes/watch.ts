import type { IncomingMessage } from 'node:http';
import type { KubeClient } from './client.js';
import { errorOfAnswer, errorOfStatus, isKubeError, KubeError } from './kube-error.js';
import type { KubeObject } from './kube-object.js';
import { type Resource, resourcePath } from './resources.js';
import { bodyText } from './transport.js';

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly resourceVersion: string }
  /** Nothing happened up to this version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WatchOptions {
  readonly namespace?: string | 'all' | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Events after this version. */
  readonly resourceVersion: string;
  /** After so many seconds the server ends the watch. Default 290 to 350, so that not all clients come back at once. */
  readonly timeoutSeconds?: number;
  /** Without a byte for so long, in ms, the connection counts as dead: the server sends a bookmark about every minute. Default 75,000. */
  readonly idleTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What happens to the objects of a kind, in order, in batches as they arrive. Ends when the server ends the watch in good order.
 * @throws KubeError `expired`: the version is too old, list again; `deadline`: idle for too long; `unreachable`: the connection was cut
 */
export async function* watchObjects<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: WatchOptions,
): AsyncGenerator<readonly WatchEvent<T>[], void, undefined> {
  const namespace = options.namespace === 'all' ? undefined : (options.namespace ?? client.namespace);
  const idleTimeout = options.idleTimeout ?? 75_000;
  const path = resourcePath(resource, { namespace });
  const what = `watch ${path}`;
  const { answer, pending } = await client.open({
    method: 'GET',
    path,
    query: {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds ?? 290 + Math.floor(Math.random() * 60),
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    },
    deadline: Math.min(idleTimeout, 10_000),
    signal: options.signal,
  });
  // A watch as a whole has no deadline, only an idle timeout.
  pending.keep();
  const idle = new IdleTimer(answer, idleTimeout);
  try {
    if (answer.statusCode !== 200)
      throw errorOfAnswer(what, answer.statusCode ?? 0, await bodyText(answer), answer.headers['retry-after']);
    for await (const lines of linesOf(answer, idle)) yield lines.map((line) => eventOf<T>(what, line));
  } catch (error) {
    if (idle.hasFired) throw new KubeError('deadline', `${what}: nothing came for ${idleTimeout} ms`);
    throw isKubeError(error) ? error : pending.errorOf(error);
  } finally {
    idle.end();
    pending.settle();
    answer.destroy();
  }
}

class IdleTimer {
  readonly #timer: NodeJS.Timeout;
  hasFired = false;

  constructor(answer: IncomingMessage, length: number) {
    this.#timer = setTimeout(() => {
      this.hasFired = true;
      answer.destroy();
    }, length);
  }

  restart(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

const newline = 10;

/** Whole lines, as many as have arrived. */
async function* linesOf(answer: IncomingMessage, idle: IdleTimer): AsyncGenerator<readonly string[]> {
  let begun: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    idle.restart();
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      begun.push(chunk.subarray(start, end));
      const line = (begun.length === 1 ? (begun[0] ?? chunk) : Buffer.concat(begun)).toString('utf8');
      if (line.trim() !== '') lines.push(line);
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
    if (lines.length > 0) {
      yield lines;
      // Whoever takes the events may take long over them; that is not the server's silence.
      idle.restart();
    }
  }
}

function eventOf<T extends KubeObject>(what: string, line: string): WatchEvent<T> {
  let event: { readonly type?: unknown; readonly object?: unknown } | null;
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new KubeError('answer', `${what}: an event is not JSON`, { cause: error });
  }
  const { type, object } = event ?? {};
  if (type === 'ERROR') throw errorOfStatus(what, object);
  const resourceVersion = (object as Partial<KubeObject> | null | undefined)?.metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string') throw new KubeError('answer', `${what}: an event carries no version`);
  if (type === 'BOOKMARK') return { type, resourceVersion };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
    return { type, object: object as T, resourceVersion };
  throw new KubeError('answer', `${what}: an event is of the unknown type ${JSON.stringify(type)}`);
}
