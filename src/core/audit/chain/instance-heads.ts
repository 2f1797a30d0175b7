import type { CheckpointEntry } from '../log-entries.js';
import type { ChainFindings } from './chain-findings.js';
import type { ChainState } from './chain-state.js';
import { checkpointHolds } from './checkpoint.js';
import { tailCut } from './tail-cut.js';

type Checkpoint = CheckpointEntry['checkpoint'];

/** The head beside the segments of an instance, as it was found. */
export interface FoundHead {
  readonly file: string;
  /** Whose folder it is. */
  readonly instance: string;
  readonly head: 'missing' | 'unreadable' | { readonly instance: string; readonly checkpoint: Checkpoint };
}

interface Head {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly holds: boolean;
  /** Its record was met, and is the checkpoint that it copies. */
  hasRecord: boolean;
}

/**
 * The last checkpoint of each instance, in a file beside its segments. Whoever can write to the one can write to the others, so a head
 * proves nothing: it is held against its own chain, and can only show that something is wrong.
 */
export class InstanceHeads {
  readonly #heads = new Map<string, Head[]>();
  readonly #found: FoundHead[] = [];

  add(found: FoundHead): void {
    this.#found.push(found);
    const { file, instance, head } = found;
    if (typeof head === 'string' || head.instance !== instance) return;
    const { checkpoint } = head;
    const heads = this.#heads.get(instance) ?? [];
    this.#heads.set(instance, heads);
    heads.push({ file, checkpoint, holds: checkpointHolds(instance, checkpoint), hasRecord: false });
  }

  /** Whether a record is another one than a head of its instance signs. */
  differs(instance: string, seq: number, actual: string): boolean {
    const heads = this.#heads.get(instance);
    if (heads === undefined) return false;
    return heads.some(({ checkpoint, holds }) => holds && checkpoint.lastSeq === seq && checkpoint.lastHash !== actual);
  }

  /** A checkpoint that holds, in its chain. */
  saw(instance: string, { lastSeq, signature }: Checkpoint): void {
    for (const head of this.#heads.get(instance) ?? [])
      if (head.checkpoint.lastSeq === lastSeq && head.checkpoint.signature === signature) head.hasRecord = true;
  }

  /** Once all chains were read. */
  check(chains: ReadonlyMap<string, ChainState>, findings: ChainFindings): void {
    for (const found of this.#found) this.#checkFound(found, chains.get(found.instance), findings);
    for (const [instance, heads] of this.#heads)
      for (const head of heads) checkHead(instance, head, chains.get(instance), findings);
  }

  #checkFound({ file, instance, head }: FoundHead, chain: ChainState | undefined, findings: ChainFindings): void {
    if (head === 'unreadable')
      findings.add({ code: 'bad-head', message: 'the file cannot be read as the last signature', file, instance });
    else if (head === 'missing') {
      if (chain === undefined || this.#heads.has(instance)) return;
      if (chain.stopIsSigned) {
        if (chain.leavesHead)
          findings.note(
            `instance ${instance} has no head.json, which an orderly stop leaves; its chain is signed to its end`,
          );
        return;
      }
      if (!chain.leavesHead) {
        findings.note(
          `instance ${instance} has no head.json, which would have its last signature: old versions wrote none`,
        );
        return;
      }
      findings.leaveOpen({
        code: 'head-missing',
        message: `instance ${instance} has no head.json: its last signature is not there to tell how far it went`,
        instance,
      });
    } else if (head.instance !== instance)
      findings.add({
        code: 'bad-head',
        message: `the last signature in the folder of instance ${instance} is that of instance ${head.instance}`,
        file,
        instance,
      });
  }
}

function checkHead(
  instance: string,
  { file, checkpoint, holds, hasRecord }: Head,
  chain: ChainState | undefined,
  findings: ChainFindings,
): void {
  const { lastSeq, publicKey } = checkpoint;
  if (!holds) {
    findings.add({ code: 'bad-head', message: 'the last signature does not hold', file, seq: lastSeq, instance });
    return;
  }
  // The signature is written down as the record after the one it signs, and only then beside the segments.
  const least = lastSeq + 1;
  if (chain === undefined)
    findings.add({
      code: 'chain-missing',
      message: `the chain of instance ${instance} is missing: its last signature tells of ${least} records`,
      seq: least,
      instance,
    });
  else if (chain.publicKey !== undefined && chain.publicKey !== publicKey)
    findings.add({
      code: 'other-key',
      message: 'the chain names another key than its last signature, beside it: one of them was made anew',
      seq: lastSeq,
      instance,
    });
  else if (least > chain.seq + chain.unread) findings.add(tailCut(chain, least, 'its last signature'));
  else if (!hasRecord && least >= chain.firstSeq && chain.unread === 0)
    findings.add({
      code: 'checkpoint-missing',
      message: `record ${least} is not the signature over record ${lastSeq}, which is beside its chain: it was changed or left out`,
      seq: least,
      instance,
    });
}
