/** How far the chain of one instance was followed. */
export interface ChainState {
  readonly instance: string;
  readonly firstSeq: number;
  seq: number;
  /** Undefined after a bad record, whose hash nothing can be checked against. */
  hash: string | undefined;
  records: number;
  checkpoints: number;
  /** The last record under a good signature; 0 for none. */
  signedUpTo: number;
  publicKey: string | undefined;
  /** Whether nothing but the checkpoint over it follows the stop record. */
  stopped: boolean;
  stopSeq: number;
}

export function beginChain(instance: string, seq: number, hash: string | undefined): ChainState {
  return {
    instance,
    firstSeq: seq,
    seq,
    hash,
    records: 1,
    checkpoints: 0,
    signedUpTo: 0,
    publicKey: undefined,
    stopped: false,
    stopSeq: -1,
  };
}
