import type { CheckpointEntry } from '../log-entries.js';
import type { ChainFindings } from './chain-findings.js';
import type { ChainState } from './chain-state.js';
import { checkpointHolds } from './checkpoint.js';

/** A checkpoint from elsewhere: a log collector, an Event, a Lease. */
export interface OutsideCheckpoint {
  readonly instance: string;
  readonly checkpoint: CheckpointEntry['checkpoint'];
}

/** Compares chains with checkpoints kept elsewhere, which alone can tell that a tail was cut or a chain made anew. */
export class OutsideCheckpoints {
  /** By instance, then by the record they sign. */
  readonly #checkpoints = new Map<string, Map<number, OutsideCheckpoint['checkpoint']>>();

  constructor(checkpoints: readonly OutsideCheckpoint[]) {
    for (const { instance, checkpoint } of checkpoints) {
      const ofInstance = this.#checkpoints.get(instance) ?? new Map<number, OutsideCheckpoint['checkpoint']>();
      ofInstance.set(checkpoint.lastSeq, checkpoint);
      this.#checkpoints.set(instance, ofInstance);
    }
  }

  /** Whether another record than this one was signed in its place. */
  contradict(instance: string, seq: number, hash: string): boolean {
    const checkpoint = this.#checkpoints.get(instance)?.get(seq);
    if (checkpoint === undefined || checkpoint.lastHash === hash) return false;
    // One whose signature does not hold says nothing about the record; it is a finding of its own at the end.
    return checkpointHolds(instance, checkpoint);
  }

  /** Once all chains were read: what the signatures, the keys and the ends show. */
  check(chains: ReadonlyMap<string, ChainState>, findings: ChainFindings): void {
    for (const [instance, ofInstance] of this.#checkpoints)
      checkInstance(instance, ofInstance.values(), chains.get(instance), findings);
  }
}

function checkInstance(
  instance: string,
  checkpoints: Iterable<OutsideCheckpoint['checkpoint']>,
  chain: ChainState | undefined,
  findings: ChainFindings,
): void {
  for (const checkpoint of checkpoints) {
    const seq = checkpoint.lastSeq;
    if (!checkpointHolds(instance, checkpoint)) {
      findings.add({
        code: 'bad-checkpoint',
        message: 'a checkpoint kept elsewhere has a signature that does not hold',
        seq,
        instance,
      });
      continue;
    }
    if (chain === undefined) {
      findings.add({
        code: 'chain-missing',
        message: `the chain of instance ${instance} is missing: a checkpoint kept elsewhere signs ${seq} records of it`,
        seq,
        instance,
      });
      return;
    }
    if (chain.publicKey !== undefined && chain.publicKey !== checkpoint.publicKey)
      findings.add({
        code: 'other-key',
        message: 'the chain names another key than the one that signed a checkpoint kept elsewhere: it was made anew',
        seq,
        instance,
      });
    if (seq > chain.seq) {
      const cut = chain.seq + 1 === seq ? `record ${seq} was` : `records ${chain.seq + 1} to ${seq} were`;
      findings.add({
        code: 'tail-cut',
        message: `the chain ends with record ${chain.seq}, but record ${seq} was signed: ${cut} cut off`,
        seq: chain.seq,
        instance,
      });
    }
  }
}
