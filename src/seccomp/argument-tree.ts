import type { Operator } from './model.js';

/*
 * libseccomp keeps the conditional rules of one syscall in a tree of comparisons of 32-bit words. What a filter answers
 * depends on how a new rule is merged into that tree, and the merging has corners of its own: rules vanish, levels are shared by two
 * parents, and one such level is then reached from its middle. All of that is kept here as libseccomp does it, for an
 * evaluator that follows the rules alone answers differently. Checked against libseccomp by test/kernel/evaluate-libseccomp.test.ts.
 */

export type WordTest = 'EQ' | 'GT' | 'GE' | 'MASKED_EQ';

/** A pointer to a tree node that can be set from elsewhere. */
export interface Slot {
  node: TreeNode | undefined;
}

/** Compares one 32-bit word of an argument; the outcome leads to an action, a further level, or the next node of this level. */
export class TreeNode {
  readonly argument: number;
  /** The upper 32 bits of the argument. */
  readonly high: boolean;
  readonly test: WordTest;
  /** The operator of the rule, of which `test` is a part. */
  readonly operator: Operator;
  readonly mask: number;
  readonly datum: number;
  /** All 64 bits. */
  readonly fullDatum: bigint;
  actionIfTrue: number | undefined;
  actionIfFalse: number | undefined;
  readonly ifTrue: Slot = { node: undefined };
  readonly ifFalse: Slot = { node: undefined };
  before: TreeNode | undefined;
  after: TreeNode | undefined;
  references = 0;

  constructor(argument: number, high: boolean, test: WordTest, operator: Operator, mask: bigint, datum: bigint) {
    this.argument = argument;
    this.high = high;
    this.test = test;
    this.operator = operator;
    this.mask = Number((high ? mask >> 32n : mask) & 0xffff_ffffn);
    this.datum = (Number((high ? datum >> 32n : datum) & 0xffff_ffffn) & this.mask) >>> 0;
    this.fullDatum = datum;
  }

  get isLeaf(): boolean {
    return this.ifTrue.node === undefined && this.ifFalse.node === undefined;
  }
}

/** One comparison of a rule, as libseccomp's API takes it. */
export interface Comparison {
  readonly argument: number;
  readonly operator: Operator;
  readonly mask: bigint;
  readonly datum: bigint;
}

/** A new rule for a tree: its first node (undefined for a rule without a condition that matters) and how many nodes it has. */
export interface Chain {
  readonly root: Slot;
  readonly nodes: number;
}

/** Thrown where libseccomp would not come to an end, or would use memory it has given back. */
export class UndefinedBehaviour extends Error {
  override readonly name = 'UndefinedBehaviour';
}

const CONFLICT = 'conflict';
export type AddOutcome = 'added' | typeof CONFLICT;

/** The chain of a rule on a 64-bit architecture: two or three word comparisons for each argument. */
export function chainOf64(comparisons: readonly Comparison[], action: number): Chain {
  const root: Slot = { node: undefined };
  let nodes = 0;
  let ends: readonly (readonly [TreeNode, boolean])[] = [];
  for (const { argument, operator, mask, datum } of comparisons) {
    if (operator === 'SCMP_CMP_MASKED_EQ' && mask === 0n) continue;
    const word = (high: boolean, test: WordTest) => new TreeNode(argument, high, test, operator, mask, datum);
    let first: TreeNode;
    let nextEnds: readonly (readonly [TreeNode, boolean])[];
    if (operator === 'SCMP_CMP_EQ' || operator === 'SCMP_CMP_NE' || operator === 'SCMP_CMP_MASKED_EQ') {
      const test = operator === 'SCMP_CMP_MASKED_EQ' ? 'MASKED_EQ' : 'EQ';
      first = word(true, test);
      const low = word(false, test);
      first.ifTrue.node = hold(low);
      nextEnds =
        operator === 'SCMP_CMP_NE'
          ? [
              [first, false],
              [low, false],
            ]
          : [[low, true]];
      nodes += 2;
    } else {
      first = word(true, 'GT');
      const equal = word(true, 'EQ');
      const low = word(false, operator === 'SCMP_CMP_GT' || operator === 'SCMP_CMP_LE' ? 'GT' : 'GE');
      first.ifFalse.node = hold(equal);
      equal.ifTrue.node = hold(low);
      nextEnds =
        operator === 'SCMP_CMP_GT' || operator === 'SCMP_CMP_GE'
          ? [
              [first, true],
              [low, true],
            ]
          : [
              [equal, false],
              [low, false],
            ];
      nodes += 3;
    }
    if (root.node === undefined) root.node = hold(first);
    for (const [node, outcome] of ends) (outcome ? node.ifTrue : node.ifFalse).node = hold(first);
    ends = nextEnds;
  }
  endWith(ends, action);
  return { root, nodes };
}

/** The chain of a rule on a 32-bit architecture, x32 among them: only the lower word counts. */
export function chainOf32(comparisons: readonly Comparison[], action: number): Chain {
  const root: Slot = { node: undefined };
  let nodes = 0;
  let ends: readonly (readonly [TreeNode, boolean])[] = [];
  for (const { argument, operator, mask, datum } of comparisons) {
    if (operator === 'SCMP_CMP_MASKED_EQ' && (mask & 0xffff_ffffn) === 0n) continue;
    const [test, outcome] = WORD_TESTS[operator];
    const node = new TreeNode(argument, false, test, operator, mask, datum);
    if (root.node === undefined) root.node = hold(node);
    for (const [previous, result] of ends) (result ? previous.ifTrue : previous.ifFalse).node = hold(node);
    ends = [[node, outcome]];
    nodes += 1;
  }
  endWith(ends, action);
  return { root, nodes };
}

const WORD_TESTS: Readonly<Record<Operator, readonly [WordTest, boolean]>> = {
  SCMP_CMP_EQ: ['EQ', true],
  SCMP_CMP_NE: ['EQ', false],
  SCMP_CMP_GT: ['GT', true],
  SCMP_CMP_LE: ['GT', false],
  SCMP_CMP_GE: ['GE', true],
  SCMP_CMP_LT: ['GE', false],
  SCMP_CMP_MASKED_EQ: ['MASKED_EQ', true],
};

function endWith(ends: readonly (readonly [TreeNode, boolean])[], action: number): void {
  for (const [node, outcome] of ends) {
    if (outcome) node.actionIfTrue = action;
    else node.actionIfFalse = action;
  }
}

/** How rules are merged: up to 2.6.0, or from 2.6.1 on. */
export type TreeVariant = '2.5' | '2.6.1';

/** The comparisons of one syscall, and their number as libseccomp counts it (it orders syscalls by that). */
export class ArgumentTree {
  readonly root: Slot;
  nodes: number;
  private readonly variant: TreeVariant;
  private steps = 0;
  private removed = 0;

  constructor(chain: Chain, variant: TreeVariant) {
    this.variant = variant;
    this.root = chain.root;
    this.nodes = chain.nodes;
  }

  /** Merges a further rule. After a conflict the tree is spoilt: build it again without that rule. */
  add(chain: Chain, action: number): AddOutcome {
    if (chain.root.node === undefined) throw new RangeError('an unconditional rule replaces the tree');
    this.removed = 0;
    const flags = this.prune(this.root, chain.root.node, 0, action);
    if (this.removed > 0) {
      this.nodes -= this.removed;
      if (this.root.node === undefined) {
        this.root.node = chain.root.node;
        this.nodes = chain.nodes;
        return 'added';
      }
    } else if ((flags & REDUNDANT) === REDUNDANT) {
      this.release(chain.root);
      return 'added';
    }
    if (this.root.node === undefined) throw new UndefinedBehaviour('the tree of comparisons is lost');
    if (this.merge(this.root, chain.root.node) === CONFLICT) return CONFLICT;
    this.nodes += chain.nodes;
    this.nodes -= this.release(chain.root);
    return 'added';
  }

  private step(): void {
    this.steps += 1;
    if (this.steps > 20_000_000)
      throw new UndefinedBehaviour('the tree of comparisons has become circular, or is huge');
  }

  private levelStart(node: TreeNode): TreeNode {
    let first = node;
    while (first.before !== undefined) {
      this.step();
      first = first.before;
    }
    return first;
  }

  /** Puts the new chain into the level that `existing` points into. The search starts where the slot points, even mid-level. */
  private merge(existing: Slot, added: TreeNode): AddOutcome {
    let old = existing.node;
    while (old !== undefined) {
      this.step();
      if (sameTest(old, added)) return this.mergeInto(old, added);
      if (!isBefore(old, added)) {
        if (old.after !== undefined) {
          old = old.after;
          continue;
        }
        added.before = hold(old);
        old.after = hold(added);
        return 'added';
      }
      if (old.before !== undefined) {
        old.before.after = hold(added);
        added.before = old.before;
        old.before = hold(added);
        added.after = old;
      } else {
        old.before = hold(added);
        added.after = hold(old);
      }
      if (existing.node === old) {
        existing.node = hold(added);
        this.drop({ node: old });
      }
      return 'added';
    }
    return 'added';
  }

  private mergeInto(old: TreeNode, added: TreeNode): AddOutcome {
    if (added.actionIfTrue !== undefined) {
      if (old.actionIfTrue === undefined) {
        if (!this.onlyDoes(old.ifTrue.node, added.actionIfTrue)) return CONFLICT;
        this.nodes -= this.drop(old.ifTrue);
        old.ifTrue.node = undefined;
        old.actionIfTrue = added.actionIfTrue;
      } else if (added.actionIfTrue !== old.actionIfTrue) {
        if (added.high && added.fullDatum > old.fullDatum) old.actionIfTrue = added.actionIfTrue;
        if (old.isLeaf || added.isLeaf) return CONFLICT;
      }
    }
    if (added.actionIfFalse !== undefined) {
      if (old.actionIfFalse === undefined) {
        if (!this.onlyDoes(old.ifFalse.node, added.actionIfFalse)) return CONFLICT;
        this.nodes -= this.drop(old.ifFalse);
        old.ifFalse.node = undefined;
        old.actionIfFalse = added.actionIfFalse;
      } else if (added.actionIfFalse !== old.actionIfFalse) {
        if (added.high && added.fullDatum < old.fullDatum) {
          if (this.variant === '2.6.1') old.actionIfFalse = added.actionIfFalse;
          // Not a slip of this port: libseccomp set the action of the other outcome here, or took it away (GHSA-4q85-33p6-j5g6).
          else if (old.actionIfTrue !== undefined) old.actionIfTrue = added.actionIfTrue ?? 0;
        }
        if (old.isLeaf || added.isLeaf) return CONFLICT;
      }
    }
    if (added.ifTrue.node !== undefined) {
      if (old.ifTrue.node !== undefined) {
        if (this.merge(old.ifTrue, added.ifTrue.node) === CONFLICT) return CONFLICT;
      } else if (old.actionIfTrue === undefined) old.ifTrue.node = hold(added.ifTrue.node);
      else return 'added';
    }
    if (added.ifFalse.node !== undefined) {
      if (old.ifFalse.node !== undefined) return this.merge(old.ifFalse, added.ifFalse.node);
      if (old.actionIfFalse === undefined) old.ifFalse.node = hold(added.ifFalse.node);
    }
    return 'added';
  }

  /** Whether every action at and below a level is this one. */
  private onlyDoes(node: TreeNode | undefined, action: number): boolean {
    if (node === undefined) return true;
    for (let at: TreeNode | undefined = this.levelStart(node); at !== undefined; at = at.after) {
      this.step();
      if (at.actionIfTrue !== undefined && at.actionIfTrue !== action) return false;
      if (at.actionIfFalse !== undefined && at.actionIfFalse !== action) return false;
      if (!this.onlyDoes(at.ifTrue.node, action) || !this.onlyDoes(at.ifFalse.node, action)) return false;
    }
    return true;
  }

  /**
   * Takes out what a shorter new chain makes superfluous, counted in `removed`, and finds out whether the new chain is superfluous
   * itself, which the flags that are returned say.
   */
  private prune(existing: Slot, added: TreeNode | undefined, entry: number, action: number): number {
    const flags = this.pruneLevel(existing, added, entry, action);
    return (flags & MATCH) !== 0 ? entry | flags : entry & ~MATCH;
  }

  private pruneLevel(existing: Slot, added: TreeNode | undefined, entry: number, action: number): number {
    let flags = entry;
    if (added === undefined || existing.node === undefined) return flags;
    if ((entry & MATCH_SET) === MATCH_ONCE) return flags;

    let old: TreeNode | undefined = this.levelStart(existing.node);
    while (old !== undefined) {
      this.step();
      const following: TreeNode | undefined = old.after;
      const local: Slot = { node: old };
      if (sameTest(old, added)) {
        flags |= MATCH_SET;
        if (added.isLeaf) flags |= NEW_FINISHED;
        if (old.isLeaf) flags |= OLD_FINISHED;
        const oldTrue = old.actionIfTrue !== undefined || old.ifTrue.node !== undefined;
        const oldFalse = old.actionIfFalse !== undefined || old.ifFalse.node !== undefined;
        if (oldTrue && added.actionIfTrue === undefined && added.ifTrue.node === undefined) return flags;
        if (oldFalse && added.actionIfFalse === undefined && added.ifFalse.node === undefined) return flags;
        if ((flags & NEW_FINISHED) !== 0 && (flags & OLD_FINISHED) !== 0) {
          if (added.actionIfTrue !== old.actionIfTrue || added.actionIfFalse !== old.actionIfFalse) return flags;
        }
        for (let second = 0; second < 2; second += 1) {
          const next = second === 0 ? added.ifTrue.node : added.ifFalse.node;
          if (next === undefined || local.node === undefined) continue;
          const held = hold(local.node);
          const below = this.prune(second === 0 ? held.ifTrue : held.ifFalse, next, entry | MATCH_SET, action);
          this.removed += this.drop(local);
          if ((below & MATCH) !== 0) flags |= below;
        }
        if (local.node !== undefined) {
          const uniform = this.onlyDoes(local.node, action);
          const matched = (flags & MATCH) !== 0;
          if (uniform && matched && (flags & NEW_FINISHED) !== 0 && (flags & OLD_PREFIX) !== 0) {
            this.removed += this.remove(this.root, local.node);
            if (this.root.node === undefined) return flags;
          } else if (uniform && matched && (flags & OLD_FINISHED) !== 0 && (flags & NEW_PREFIX) !== 0) {
            return flags;
          }
        }
      } else {
        const oldFirst = isBefore(old, added);
        if ((entry & (oldFirst ? NEW_PREFIX : OLD_PREFIX)) !== 0) return flags;
        for (let second = 0; second < 2; second += 1) {
          if (local.node === undefined) continue;
          const from = oldFirst ? local.node : added;
          const side = second === 0 ? from.ifTrue : from.ifFalse;
          if (side.node === undefined) continue;
          hold(local.node);
          const below = oldFirst
            ? this.prune(side, added, (entry & ~MATCH) | OLD_PREFIX, action)
            : this.prune(local, side.node, (entry & ~MATCH) | NEW_PREFIX, action);
          this.removed += this.drop(local);
          if ((below & MATCH) !== 0) {
            flags |= below;
            return flags;
          }
        }
      }
      old = following;
    }
    return flags & ~MATCH;
  }

  /** Removes a node and everything below it, wherever it is under `tree`. */
  private remove(tree: Slot, target: TreeNode): number {
    if (tree.node === undefined) return 0;
    let removed = 0;
    let at: TreeNode | undefined = this.levelStart(tree.node);
    do {
      this.step();
      let found = at === target;
      if (!found) {
        removed += this.remove(at.ifTrue, target);
        removed += this.remove(at.ifFalse, target);
        found = at.isLeaf && at.actionIfTrue === undefined && at.actionIfFalse === undefined;
      }
      if (found) {
        if (at === tree.node) tree.node = at.before ?? at.after;
        if (at.before !== undefined) at.before.after = at.after;
        if (at.after !== undefined) at.after.before = at.before;
        at.before = undefined;
        at.after = undefined;
        return removed + this.drop({ node: at });
      }
      at = at.after;
    } while (at !== undefined && removed === 0);
    return removed;
  }

  /** Gives back one reference to a node, and the level with it when nothing else points there. */
  private release(tree: Slot): number {
    let freed = this.drop(tree);
    if (tree.node !== undefined) freed += this.cleanLevel(tree.node);
    return freed;
  }

  private cleanLevel(node: TreeNode): number {
    const first = this.levelStart(node);
    for (let at: TreeNode | undefined = first; at !== undefined; at = at.after) {
      this.step();
      const links = (at.before === undefined ? 0 : 1) + (at.after === undefined ? 0 : 1);
      if (at.references > links) return 0;
    }
    let freed = 0;
    const slot: Slot = { node: first };
    while (slot.node !== undefined) {
      this.step();
      freed += this.drop(slot);
    }
    return freed;
  }

  /** Gives back one reference; with the last one the node goes, and the slot then points to a neighbour. */
  private drop(slot: Slot): number {
    this.step();
    const node = slot.node;
    if (node === undefined) return 0;
    if (node.references <= 0) throw new UndefinedBehaviour('a comparison is used after it was given back');
    node.references -= 1;
    if (node.references > 0) return 0;
    const previous: Slot = { node: node.before };
    const next: Slot = { node: node.after };
    if (previous.node !== undefined) previous.node.after = undefined;
    if (next.node !== undefined) next.node.before = undefined;
    let freed = 0;
    if (previous.node !== undefined) freed += this.drop(previous);
    if (next.node !== undefined) freed += this.drop(next);
    if (previous.node !== undefined) previous.node.after = next.node === undefined ? undefined : hold(next.node);
    if (next.node !== undefined) next.node.before = previous.node === undefined ? undefined : hold(previous.node);
    slot.node = previous.node ?? next.node;
    freed += this.release({ node: node.ifTrue.node });
    freed += this.release({ node: node.ifFalse.node });
    return freed + 1;
  }
}

const MATCH = 0x001;
const MATCH_ONCE = 0x002;
const OLD_FINISHED = 0x010;
const NEW_FINISHED = 0x020;
const OLD_PREFIX = 0x100;
const NEW_PREFIX = 0x200;
const MATCH_SET = MATCH | MATCH_ONCE;
const REDUNDANT = MATCH | OLD_FINISHED | NEW_PREFIX;

function hold(node: TreeNode): TreeNode {
  node.references += 1;
  return node;
}

function sameTest(a: TreeNode, b: TreeNode): boolean {
  return position(a) === position(b) && a.test === b.test && a.datum === b.datum && a.mask === b.mask;
}

/** Whether a new node `b` belongs in front of `a` on a level. */
function isBefore(a: TreeNode, b: TreeNode): boolean {
  if (position(a) !== position(b)) return position(a) < position(b);
  const [rankA, rankB] = [RANKS[a.operator], RANKS[b.operator]];
  if (rankA !== rankB) return rankA < rankB;
  return a.operator === 'SCMP_CMP_LE' || a.operator === 'SCMP_CMP_LT' ? a.datum > b.datum : a.datum < b.datum;
}

function position(node: TreeNode): number {
  return node.argument * 2 + (node.high ? 1 : 0);
}

const RANKS: Readonly<Record<Operator, number>> = {
  SCMP_CMP_MASKED_EQ: 3,
  SCMP_CMP_EQ: 3,
  SCMP_CMP_NE: 3,
  SCMP_CMP_LE: 2,
  SCMP_CMP_LT: 2,
  SCMP_CMP_GE: 1,
  SCMP_CMP_GT: 1,
};
