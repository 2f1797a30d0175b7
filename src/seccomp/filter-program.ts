import type { ArgumentTree, TreeNode, WordTest } from './argument-tree.js';
import { UndefinedBehaviour } from './argument-tree.js';
import type { FilterDatabase, SyscallEntry } from './filter-database.js';

/*
 * From trees of comparisons to what the kernel runs. libseccomp makes one block of instructions for each comparison and shares
 * equal blocks. A block leaves the word it loaded in the accumulator and the next one relies on that; whether a block loads its word itself is
 * settled by the first block found to jump to it. Where another block, with another word in the accumulator, jumps there too, the
 * comparison reads the wrong word: these are the holes measured in overlapping ordered comparisons. So blocks, their sharing and
 * the order in which they are laid out are made here as libseccomp makes them.
 */

/** What is in the accumulator: a word of an argument under a mask; undefined when it does not matter. */
export interface Accumulator {
  readonly word: number;
  readonly mask: number;
}

type Target = Block | number;

/** One comparison as the kernel runs it. */
export class Block {
  /** `argument * 2`, plus 1 for the upper word. */
  readonly word: number;
  readonly loads: boolean;
  readonly applies: number | undefined;
  readonly test: WordTest;
  readonly datum: number;
  readonly ifTrue: Target;
  readonly ifFalse: Target;
  readonly expects: Accumulator | undefined;
  readonly leaves: Accumulator;
  /** Loads what it expects, since the block laid out before it leaves something else. */
  reloads = false;
  placed = false;
  /** What leads here leaves the word that is expected, or another one. */
  isMet = false;
  isMissed = false;
  /** The chains and the sections of the filter that it is part of. */
  readonly chains = new Set<Block>();
  readonly sections = new Set<number>();
  /** Whether it loads what it expects where it is laid out with one of its chains, and where with another one. */
  reloadsWithOne = false;
  reloadsNotWithOne = false;

  /**
   * Which of its chains is laid out first decides whether it loads its word, and over several sections that order is not
   * followed in every case. What leads to a block within a chain is always laid out in the same order.
   */
  get isDisputed(): boolean {
    return this.isShared && this.reloadsWithOne && this.reloadsNotWithOne;
  }

  get isShared(): boolean {
    return this.isMet && this.isMissed && this.chains.size > 1 && this.sections.size > 1;
  }

  constructor(draft: Draft, ifTrue: Target, ifFalse: Target) {
    this.word = draft.leaves.word;
    this.loads = draft.loads;
    this.applies = draft.applies;
    this.test = draft.node.test;
    this.datum = draft.node.datum;
    this.expects = draft.expects;
    this.leaves = draft.leaves;
    this.ifTrue = ifTrue;
    this.ifFalse = ifFalse;
  }
}

function claim(block: Block, chain: Block, section: number): void {
  if (block.chains.has(chain) && block.sections.has(section)) return;
  block.chains.add(chain);
  block.sections.add(section);
  for (const target of [block.ifTrue, block.ifFalse]) if (target instanceof Block) claim(target, chain, section);
}

/** Finds for each block of a chain whether it loads its word when that chain is laid out first. */
function layOutAlone(chain: Block): void {
  const laidOut = new Set<Block>();
  const visit = (block: Block, from: Accumulator | undefined): void => {
    if (laidOut.has(block)) return;
    laidOut.add(block);
    if (isMetBy(block, from)) block.reloadsNotWithOne = true;
    else block.reloadsWithOne = true;
    for (const target of [block.ifTrue, block.ifFalse]) if (target instanceof Block) visit(target, block.leaves);
  };
  visit(chain, undefined);
}

function isMetBy({ expects }: Block, from: Accumulator | undefined): boolean {
  return expects === undefined || (from !== undefined && from.word === expects.word && from.mask === expects.mask);
}

interface Draft {
  readonly node: TreeNode;
  readonly loads: boolean;
  readonly applies: number | undefined;
  readonly expects: Accumulator | undefined;
  readonly leaves: Accumulator;
}

/** How libseccomp orders syscalls: by the number of comparisons (its default), or by number for a binary tree (runc, above 32 rules). */
export type SyscallOrder = 'priority' | 'number';

/** The first block or the action of every syscall that has rules, for each architecture in the order of the databases. */
export class FilterProgram {
  private readonly starts: ReadonlyMap<FilterDatabase, ReadonlyMap<number, Target>>;
  /** Those whose rules never apply. */
  private readonly forgotten: ReadonlySet<FilterDatabase>;
  private readonly lost: ReadonlySet<string>;
  /** How many comparisons there are; the filter has two or three instructions for each. */
  readonly comparisons: number;

  private readonly defaultAction: number;
  private readonly blocks: readonly Block[];
  private disputes: boolean | undefined;

  constructor(databases: readonly FilterDatabase[], defaultAction: number, order: SyscallOrder) {
    this.defaultAction = defaultAction;
    const blocks = new BlockMaker(defaultAction);
    const starts = new Map(databases.map((database) => [database, new Map<number, Target>()]));
    const forgotten = new Set<FilterDatabase>();
    const layout: { readonly start: Target; readonly section: number }[] = [];
    const lost = new Set<string>();
    for (const [index, section] of inSections(databases).entries()) {
      if (forgetsToLoad(section, order)) {
        for (const database of section) forgotten.add(database);
        continue;
      }
      for (const { database, number, entry } of sorted(section, order)) {
        const start = startOf(entry, blocks);
        if (start === undefined) {
          lost.add(`${database.architecture} ${number}`);
          continue;
        }
        starts.get(database)?.set(number, start);
        layout.push({ start, section: index });
      }
    }
    for (let i = layout.length - 1; i >= 0; i -= 1) {
      const { start, section } = layout[i] ?? { start: undefined, section: 0 };
      if (start instanceof Block) {
        place(start, undefined);
        claim(start, start, section);
      }
    }
    if (blocks.all.some((block) => block.isShared))
      for (const chain of new Set(layout.map(({ start }) => start))) if (chain instanceof Block) layOutAlone(chain);
    this.starts = starts;
    this.forgotten = forgotten;
    this.lost = lost;
    this.blocks = blocks.all;
    this.comparisons = this.blocks.length;
  }

  /** Undefined for a syscall without rules. */
  start(database: FilterDatabase, number: number): Target | undefined {
    if (this.forgotten.has(database)) return undefined;
    return this.starts.get(database)?.get(number) ?? database.always(number);
  }

  /** What is returned for a call; arguments as unsigned 64-bit values. */
  answer(database: FilterDatabase, number: number, args: readonly bigint[]): number {
    this.strayed = false;
    const start = this.start(database, number);
    if (start === undefined) return this.defaultAction;
    const returned = run(start, args);
    this.strayed = strayed;
    return returned;
  }

  /** Whether the last answer came through a block that some find with its word loaded and this call did not: layout decides there. */
  strayed = false;

  /** Whether some call may stray. */
  get hasDisputes(): boolean {
    this.disputes ??= this.blocks.some((block) => block.isDisputed);
    return this.disputes;
  }

  /** Whether there are syscalls of which it cannot be known what libseccomp makes of them. */
  get hasLost(): boolean {
    return this.lost.size > 0;
  }

  /** Whether the rules of this architecture never apply. */
  forgets(database: FilterDatabase): boolean {
    return this.forgotten.has(database);
  }

  /** Whether what libseccomp makes of this syscall cannot be known. */
  isLost(database: FilterDatabase, number: number): boolean {
    return this.lost.size > 0 && this.lost.has(`${database.architecture} ${number}`);
  }
}

function startOf(entry: SyscallEntry, blocks: BlockMaker): Target | undefined {
  if (entry.kind === 'always') return entry.action;
  if (entry.kind === 'lost') return undefined;
  try {
    return blocks.chain(entry.tree);
  } catch (error) {
    if (error instanceof UndefinedBehaviour) return undefined;
    throw error;
  }
}

let strayed = false;

function run(start: Target, args: readonly bigint[]): number {
  const words = wordsOf(args);
  let at = start;
  let accumulator = 0;
  let left: Accumulator | undefined;
  strayed = false;
  while (typeof at !== 'number') {
    if (at.isDisputed && (left?.word !== at.expects?.word || left?.mask !== at.expects?.mask)) strayed = true;
    left = at.leaves;
    if (at.reloads && at.expects !== undefined) {
      accumulator = words[at.expects.word] ?? 0;
      if (at.expects.mask !== 0xffff_ffff) accumulator = (accumulator & at.expects.mask) >>> 0;
    }
    if (at.loads) accumulator = words[at.word] ?? 0;
    if (at.applies !== undefined) accumulator = (accumulator & at.applies) >>> 0;
    const holds =
      at.test === 'GT' ? accumulator > at.datum : at.test === 'GE' ? accumulator >= at.datum : accumulator === at.datum;
    at = holds ? at.ifTrue : at.ifFalse;
  }
  return at;
}

export type FilterStart = Target;

/** Every comparison behind a start and what leads where, as text: the same text is the same answer to every call. */
export function shapeOf(start: Target, label: (returned: number) => string): string {
  const ids = new Map<Block, number>();
  const lines: string[] = [];
  const nameOf = (target: Target): string => {
    if (typeof target === 'number') return label(target);
    const known = ids.get(target);
    if (known !== undefined) return `#${known}`;
    const id = ids.size;
    ids.set(target, id);
    const { word, loads, reloads, applies, test, datum, expects } = target;
    const before = reloads && expects !== undefined ? `${expects.word}/${expects.mask}` : '';
    const line = [before, loads ? word : '', applies ?? '', test === 'MASKED_EQ' ? 'EQ' : test, datum];
    lines.push(`#${id} ${[...line, nameOf(target.ifTrue), nameOf(target.ifFalse)].join()}`);
    return `#${id}`;
  };
  return [nameOf(start), ...lines].join('\n');
}

const view = new BigUint64Array(6);
const halves = new Uint32Array(view.buffer);
const lowFirst = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The words of the arguments, low ones first; good until the next call. */
function wordsOf(args: readonly bigint[]): Uint32Array {
  for (let i = 0; i < 6; i += 1) view[i] = args[i] ?? 0n;
  if (!lowFirst)
    for (let i = 0; i < 12; i += 2) {
      const high = halves[i] ?? 0;
      halves[i] = halves[i + 1] ?? 0;
      halves[i + 1] = high;
    }
  return halves;
}

interface Numbered {
  readonly database: FilterDatabase;
  readonly number: number;
  readonly entry: SyscallEntry;
}

/** x86_64 and x32 have one section of the filter between them, at the place of the first. */
function inSections(databases: readonly FilterDatabase[]): readonly (readonly FilterDatabase[])[] {
  const twins = databases.filter(
    ({ architecture }) => architecture === 'SCMP_ARCH_X86_64' || architecture === 'SCMP_ARCH_X32',
  );
  return databases.flatMap((database) => {
    if (!twins.includes(database)) return [[database]];
    return database === twins[0] ? [twins] : [];
  });
}

function sorted(section: readonly FilterDatabase[], order: SyscallOrder): readonly Numbered[] {
  const all = section.flatMap((database) =>
    database.layout().trees.map(({ number, entry }): Numbered => ({ database, number, entry })),
  );
  // Array.sort is stable, as libseccomp's insertion is.
  return order === 'number'
    ? all.sort((a, b) => b.number - a.number)
    : all.sort((a, b) => nodesOf(a.entry) - nodesOf(b.entry));
}

/**
 * The number of the syscall is loaded by the first syscall's block, except in a binary tree and where x86_64 is not joined by
 * x32. A syscall the architecture does not have gets no block: when it comes first, nothing loads the number, and no
 * rule of the section ever applies. It comes first when all others have more comparisons.
 */
function forgetsToLoad(section: readonly FilterDatabase[], order: SyscallOrder): boolean {
  if (order === 'number') return false;
  const alone = section.length === 1 ? section[0]?.architecture : undefined;
  if (alone === 'SCMP_ARCH_X86_64' || alone === 'SCMP_ARCH_X32') return false;
  let [least, isForeign] = [Number.POSITIVE_INFINITY, false];
  for (const database of section) {
    const { leastOwn, leastForeign } = database.layout();
    if (leastOwn !== undefined && leastOwn < least) [least, isForeign] = [leastOwn, false];
    if (leastForeign !== undefined && leastForeign < least) [least, isForeign] = [leastForeign, true];
  }
  return isForeign;
}

function nodesOf(entry: SyscallEntry): number {
  return entry.kind === 'tree' ? entry.tree.nodes : 0;
}

/** Makes the blocks of chains; equal ones only once, in whatever syscall or architecture they stand. */
class BlockMaker {
  private readonly defaultAction: number;
  private readonly made = new Map<string, Block>();
  private readonly ids = new Map<Block, number>();
  /** Architectures may have a tree in common. */
  private readonly chains = new Map<ArgumentTree, Target>();
  private depth = 0;

  constructor(defaultAction: number) {
    this.defaultAction = defaultAction;
  }

  get all(): readonly Block[] {
    return [...this.made.values()];
  }

  chain(tree: ArgumentTree): Target {
    if (tree.root.node === undefined) return this.defaultAction;
    const known = this.chains.get(tree);
    if (known !== undefined) return known;
    this.depth = 0;
    const made = this.level(tree.root.node, this.defaultAction, undefined);
    this.chains.set(tree, made);
    return made;
  }

  /** The blocks of one level: each falls through to the next, the last one to `otherwise`. */
  private level(anywhere: TreeNode, otherwise: Target, before: Accumulator | undefined): Target {
    this.depth += 1;
    if (this.depth > 200) throw new UndefinedBehaviour('the tree of comparisons has become circular');
    const drafts: Draft[] = [];
    let accumulator = before;
    for (const node of levelOf(anywhere)) {
      const draft = draftOf(node, accumulator);
      drafts.push(draft);
      accumulator = draft.leaves;
    }
    let next = otherwise;
    for (let i = drafts.length - 1; i >= 0; i -= 1) {
      const draft = drafts[i];
      if (draft === undefined) continue;
      const { node, leaves } = draft;
      const ifTrue =
        node.ifTrue.node !== undefined ? this.level(node.ifTrue.node, next, leaves) : (node.actionIfTrue ?? next);
      const ifFalse =
        node.ifFalse.node !== undefined ? this.level(node.ifFalse.node, next, leaves) : (node.actionIfFalse ?? next);
      next = this.block(draft, ifTrue, ifFalse);
    }
    this.depth -= 1;
    return next;
  }

  private block(draft: Draft, ifTrue: Target, ifFalse: Target): Block {
    const { node, expects, leaves } = draft;
    const key = [
      draft.loads,
      draft.applies,
      node.test === 'MASKED_EQ' ? 'EQ' : node.test,
      node.datum,
      leaves.word,
      leaves.mask,
      expects?.word,
      expects?.mask,
      this.nameOf(ifTrue),
      this.nameOf(ifFalse),
    ].join();
    const existing = this.made.get(key);
    if (existing !== undefined) return existing;
    const block = new Block(draft, ifTrue, ifFalse);
    if (this.made.size > 1_000_000) throw new UndefinedBehaviour('the filter is huge');
    this.ids.set(block, this.made.size);
    this.made.set(key, block);
    return block;
  }

  private nameOf(target: Target): string {
    return typeof target === 'number' ? `=${target}` : String(this.ids.get(target));
  }
}

function levelOf(anywhere: TreeNode): readonly TreeNode[] {
  let first = anywhere;
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps > 1_000_000) throw new UndefinedBehaviour('the tree of comparisons has become circular');
  };
  for (; first.before !== undefined; first = first.before) step();
  const level: TreeNode[] = [];
  for (let at: TreeNode | undefined = first; at !== undefined; at = at.after) {
    step();
    level.push(at);
  }
  return level;
}

function draftOf(node: TreeNode, before: Accumulator | undefined): Draft {
  const word = node.argument * 2 + (node.high ? 1 : 0);
  const usable = before !== undefined && before.word === word && (node.mask & before.mask) >>> 0 === node.mask;
  const mask = usable ? before.mask : 0xffff_ffff;
  return {
    node,
    loads: !usable,
    applies: mask === node.mask ? undefined : node.mask,
    expects: usable ? before : undefined,
    leaves: { word, mask: node.mask },
  };
}

/** Lays out a block behind the one that jumps to it, then what it jumps to itself, each block once. */
function place(block: Block, from: Accumulator | undefined): void {
  if (block.expects !== undefined) {
    if (isMetBy(block, from)) block.isMet = true;
    else block.isMissed = true;
  }
  if (block.placed) return;
  block.placed = true;
  if (!isMetBy(block, from)) block.reloads = true;
  for (const target of [block.ifTrue, block.ifFalse]) if (target instanceof Block) place(target, block.leaves);
}
