/** One workload's recording, as the provenance files keep it. */
export interface Recording {
  readonly workload: string;
  /** Debian package → version. */
  readonly packages: Readonly<Record<string, string>>;
  readonly windows: number;
  /** Distinct syscalls of each window. */
  readonly seenPerWindow: readonly number[];
  /** Chao2 over window incidence: how many syscalls of this very work were probably not seen. */
  readonly unseenEstimate: number;
  /** In how many windows each was seen. */
  readonly syscalls: Readonly<Record<string, number>>;
  /** Families given to `socket`, netlink with its protocol, as strace spells them. */
  readonly sockets: readonly string[];
}
