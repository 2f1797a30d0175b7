import type { TLSSocket } from 'node:tls';
import type { RecordedCaller } from '../../core/audit/admission-entry.js';
import { authenticatedCaller, unauthenticatedCaller } from '../../core/audit/entries/recorded-caller.js';
import type { ApiErrorCode } from '../server/api-error.js';

/** What is asked of those who call admission. */
export interface ClientCertificates {
  /** `required`: without one there is no answer. `optional`: there is, and records say that the caller was not authenticated. */
  readonly mode: 'optional' | 'required';
  /** The common names that count; empty: any certificate that the client authority signed. */
  readonly names: readonly string[];
}

export interface Caller {
  readonly recorded: RecordedCaller;
  readonly refusal?: CallerRefusal;
}

export interface CallerRefusal {
  readonly code: Extract<ApiErrorCode, 'client-certificate-required' | 'client-not-allowed'>;
  readonly message: string;
}

const notAsked: Caller = { recorded: unauthenticatedCaller };

/** Who is at the other end of a connection: found out once for each, since the handshake is over when a request comes. */
export class Callers {
  readonly #asked: ClientCertificates | undefined;
  readonly #onCaller: (caller: Caller) => void;
  readonly #known = new WeakMap<object, Caller>();

  /** `onCaller` is told of every connection on which admission is asked for the first time, where certificates are asked for. */
  constructor(asked: ClientCertificates | undefined, onCaller: (caller: Caller) => void) {
    this.#asked = asked;
    this.#onCaller = onCaller;
  }

  of(socket: TLSSocket): Caller {
    if (this.#asked === undefined) return notAsked;
    let caller = this.#known.get(socket);
    if (caller === undefined) {
      caller = callerOn(socket, this.#asked.names);
      this.#known.set(socket, caller);
      this.#onCaller(caller);
    }
    return caller;
  }

  /** Whether a refusal counts: with `optional` it is only known. */
  get areRequired(): boolean {
    return this.#asked?.mode === 'required';
  }
}

function callerOn(socket: TLSSocket, names: readonly string[]): Caller {
  // `authorized` by itself is not enough: Node takes a resumed session of TLS 1.3 without any certificate for authorized, as if it had been
  // agreed on a key beforehand (`VerifyPeerCertificate` of its crypto_common.cc).
  if (socket.getPeerX509Certificate() === undefined)
    return refused('client-certificate-required', 'No client certificate came.');
  if (!socket.authorized)
    return refused(
      'client-certificate-required',
      `The client certificate does not count: ${String(socket.authorizationError)}.`,
    );
  const name = commonNameOf(socket);
  if (names.length > 0 && (name === undefined || !names.includes(name)))
    return refused(
      'client-not-allowed',
      name === undefined
        ? 'The client certificate has not exactly one common name.'
        : `The common name ${JSON.stringify(name)} of the client certificate is not in --client-names.`,
    );
  return { recorded: authenticatedCaller(name) };
}

function refused(code: CallerRefusal['code'], message: string): Caller {
  return { recorded: unauthenticatedCaller, refusal: { code, message } };
}

function commonNameOf(socket: TLSSocket): string | undefined {
  // No subject at all where it is empty; a list where it has several common names, no one of which is the name.
  const { subject }: { readonly subject?: { readonly CN?: unknown } } = socket.getPeerCertificate();
  return typeof subject?.CN === 'string' && subject.CN !== '' ? subject.CN : undefined;
}
