import type { Problem } from '../../core/problem/problem.js';

/** A private key with its certificate, as PEM text, and what is in it. */
export interface CertificateMaterial {
  /** PKCS#8 or SEC 1 private key. */
  readonly key: string;
  /** The leaf first, then its intermediates. */
  readonly cert: string;
  /** The authorities a client has to trust; absent when the certificates came from outside without one. */
  readonly ca?: string;
  /** SHA-256 of the leaf, `AB:CD:…` as node:crypto prints it. */
  readonly fingerprint256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DNS names and IP addresses the leaf is good for. */
  readonly names: readonly string[];
}

/**
 * Where a server's certificate comes from: made here, files of one's own, or a Secret. What `current` hands out has passed
 * `checkServerCertificate`; material that does not pass stays out and shows in `problems` until it is replaced.
 */
export interface CertSource {
  current(): CertificateMaterial;
  /** What is wrong or worth a note now; an `error` means that newer material was refused and `current` is the last good one. */
  problems(): readonly Problem[];
  /** Called after each change of `current` or of `problems`. Returns the call that ends it. */
  onChange(listener: (material: CertificateMaterial) => void): () => void;
  close(): void;
}
