/** How strictly an assigned profile is enforced. */
export type Stage = 'Record' | 'Complain' | 'Enforce';

/** One profile that has a name and is (or will be) on the nodes. */
export interface CatalogueEntry {
  readonly name: string;
  /** SHA-256 of the logical profile, 64 hex digits. */
  readonly digest: string;
  /** False while the profile is not on the nodes that count: the policy's `unavailable` decides then. */
  readonly available: boolean;
  /** Whether everything this profile allows is allowed by the container runtime's default too, by each that the nodes may have. */
  readonly withinRuntimeDefault: boolean;
  /** Whether some container with it may run as if it had no profile: to a requirement it is Unconfined then. */
  readonly refusesNothing: boolean;
}

/** What the policy engine asks about catalogue profiles. The profile engine answers; tests answer by table. */
export interface Catalogue {
  /** Names in use, sorted. */
  names(): readonly string[];
  get(name: string): CatalogueEntry | undefined;
  /** The `localhostProfile` a container gets: `seccomply/<name>.<32 hex>.json`. Undefined for a name that is not listed. */
  pathOf(name: string, stage: Stage, addedCapabilities: readonly string[]): string | undefined;
  /**
   * The entry behind a normalised path under `seccomply/`, when both name and digest are known. With the capabilities that the
   * container adds, a path made for other ones is not known: it would let through what this container was not to have.
   */
  byPath(
    localhostProfile: string,
    addedCapabilities?: readonly string[],
  ): { readonly entry: CatalogueEntry; readonly stage: Stage } | undefined;
  /** Whether nothing that `b` refuses is allowed by `a`, both catalogue names, at stage Enforce. */
  within(a: string, b: string): boolean;
}
