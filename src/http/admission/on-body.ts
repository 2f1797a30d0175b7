import type { IncomingMessage } from 'node:http';

/** What of a request Node's own HTTP code looks at; since its first versions, and in 20, 22 and 24. */
interface Internals {
  _consuming: boolean;
  readonly _readableState: { ended: boolean; endEmitted: boolean };
}

/**
 * Hands on the pieces of a body as the parser finds them, and then its end, once. A stream with its buffers, events and turns
 * between them would say the same, and cost as much as deciding does. Nothing else may read the request.
 */
export function onBody(request: IncomingMessage, take: (piece: Buffer) => void, end: () => void): void {
  const internals = request as unknown as Internals;
  // So that Node does not read the rest of the body itself once there is an answer.
  internals._consuming = true;
  request.push = (piece: Buffer | null): boolean => {
    if (piece !== null) {
      take(piece);
      return true;
    }
    internals._readableState.ended = true;
    internals._readableState.endEmitted = true;
    end();
    return false;
  };
}
