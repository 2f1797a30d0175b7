import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const cookieName = '__Host-seccomply';
const sessionLimit = 50;

/** `enter`: the one-time link was opened; the cookie is to be set and the token taken out of the address. */
export type Access =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'enter'; readonly cookie: string }
  | { readonly kind: 'refused' };

/**
 * Who may see the pages: whoever is on this machine and calls it by a loopback name (another name that leads here may be a page
 * elsewhere that had its name point to us), and whoever has opened the link that was printed at the start, once.
 */
export class PageAccess {
  readonly #sessions = new Set<string>();
  #token: string | undefined = randomBytes(18).toString('base64url');

  /** For the one-time link; undefined once it was used. */
  get token(): string | undefined {
    return this.#token;
  }

  look(request: IncomingMessage, token: unknown): Access {
    const hasSession = this.#hasSession(request.headers.cookie);
    if (typeof token === 'string' && token !== '' && request.method === 'GET') {
      if (this.#token !== undefined && isSame(token, this.#token)) {
        this.#token = undefined;
        return { kind: 'enter', cookie: this.#newSession() };
      }
    }
    if (hasSession || isLocal(request)) return { kind: 'allowed' };
    return { kind: 'refused' };
  }

  #newSession(): string {
    const session = randomBytes(24).toString('base64url');
    this.#sessions.add(session);
    if (this.#sessions.size > sessionLimit) this.#sessions.delete([...this.#sessions][0] as string);
    return `${cookieName}=${session}; Path=/; Secure; HttpOnly; SameSite=Strict`;
  }

  #hasSession(header: string | undefined): boolean {
    if (header === undefined) return false;
    return header.split(';').some((part) => {
      const [name, value] = part.trim().split('=');
      return name === cookieName && value !== undefined && this.#sessions.has(value);
    });
  }
}

function isLocal(request: IncomingMessage): boolean {
  return isLoopback(request.socket.remoteAddress ?? '') && isLoopbackName(request.headers.host ?? '');
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}

function isLoopbackName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
