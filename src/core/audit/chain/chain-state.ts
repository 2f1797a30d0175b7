/** How far the chain of one instance was followed. */
export interface ChainState {
  readonly instance: string;
  readonly firstSeq: number;
  /** The last intact record. */
  seq: number;
  hash: string;
  /** Lines since then that were changed: each may stand where a record was. */
  unread: number;
  records: number;
  checkpoints: number;
  /** The last record under a good signature of its own chain; 0 for none. */
  signedUpTo: number;
  /** The last record that was found the same elsewhere; 0 for none. */
  keptUpTo: number;
  /** Its last record differed from the one that was kept elsewhere; what follows it differs too, and is not said again. */
  differs: boolean;
  /** `time` of the first record that neither a signature nor what was kept elsewhere covers; '' while there is none. */
  unprovenSince: string;
  publicKey: string | undefined;
  /** Its first record follows others, which are not here. */
  lacksBeginning: boolean;
  /** The record that begins the segment it is in; 0 for none. */
  segmentSeq: number;
  /** One of its checkpoints signs its own record, too: it is of a version that leaves a head. */
  leavesHead: boolean;
  /** The stop record; 0 for none. */
  stopSeq: number;
  /** The checkpoint right behind the stop record was good. */
  stopIsSigned: boolean;
}

export function newChainState(instance: string, firstSeq: number): ChainState {
  return {
    instance,
    firstSeq,
    seq: firstSeq,
    hash: '',
    unread: 0,
    records: 0,
    checkpoints: 0,
    signedUpTo: 0,
    keptUpTo: 0,
    differs: false,
    unprovenSince: '',
    publicKey: undefined,
    lacksBeginning: false,
    segmentSeq: 0,
    leavesHead: false,
    stopSeq: 0,
    stopIsSigned: false,
  };
}

/** The last record that a signature, or what was kept elsewhere, vouches for. */
export function provenUpTo({ signedUpTo, keptUpTo }: ChainState): number {
  return Math.max(signedUpTo, keptUpTo);
}
