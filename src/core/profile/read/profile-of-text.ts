import { type DocumentNode, nodeAt } from '../../document/document-node.js';
import { MAX_PROFILE_FILE, sizeText } from '../../document/limits.js';
import { SourceText } from '../../document/source-text.js';
import type { Problem } from '../../problem/problem.js';
import { inShort } from '../../text/in-short.js';
import { shortened } from '../../text/quoted.js';
import { type DecodedDocument, decodeDocument } from './decode-document.js';
import type { MistakeDetail } from './mistake-detail.js';
import type { ParsedProfile } from './parsed-profile.js';
import type { ProfileMistake, Report, UntoldMistake } from './profile-mistake.js';

export interface ParseProfileOptions {
  /** For the places of problems. */
  readonly file?: string;
  /** So many errors of the text are told, and so many other remarks. Default 1,000. */
  readonly mostProblems?: number;
}

/** Reads the text of a document into nodes; `root` is undefined where there is nothing to read, and that has been reported. */
export type ReadNodes = (
  text: string,
  report: Report,
) => { readonly root: DocumentNode | undefined; readonly isYaml: boolean };

const MAX_PROBLEMS = 1000;

/** Characters; keys of any length are part of it. */
const LONGEST_PATH = 300;

/** Reads a profile with the given reader of text. */
export function profileOfText(
  text: string,
  options: ParseProfileOptions,
  readNodes: ReadNodes,
  places: Places = new SourceText(text, options.file),
  tally: MistakeTally = tallyOf(options),
): ParsedProfile {
  return collectProfile(places, tally, (report) => {
    const { root, isYaml } = text.length > MAX_PROFILE_FILE ? tooLarge(report) : readNodes(text, report);
    return { root, document: root && decodeDocument({ node: root, path: '' }, isYaml, report) };
  });
}

/** Where offsets of a text stand: a `SourceText`, or the places of a text inside another one. */
export type Places = Pick<SourceText, 'placeAt' | 'mayBeNotUtf8'>;

/** How many mistakes have been met, and of how many of each the words are kept. */
export interface MistakeTally {
  error: number;
  remark: number;
  readonly most: number;
}

export function tallyOf({ mostProblems }: ParseProfileOptions): MistakeTally {
  return { error: 0, remark: 0, most: mostProblems ?? MAX_PROBLEMS };
}

/**
 * Makes a profile of what `read` gives, and of what it reports. `tally` is of the whole file.
 */
export function collectProfile(
  places: Places,
  tally: MistakeTally,
  read: (report: Report) => {
    readonly root: DocumentNode | undefined;
    readonly document: DecodedDocument | undefined;
  },
): ParsedProfile {
  const problems: { readonly problem: Problem; readonly offset: number }[] = [];
  const details = new Map<Problem, MistakeDetail>();
  let isBlocked = false;
  let isJson = true;
  const toldOnce = new Set<string>();
  const report: Report = (finding) => {
    if ('code' in finding) {
      isJson &&= finding.code !== 'SP001' || finding.detail !== undefined;
      // What is missing from a text that no runtime reads may be what was not read of it.
      if (finding.code === 'SP003' && !isJson) return;
    }
    const untold = 'tell' in finding ? finding : untoldOf(finding);
    isBlocked ||= untold.blocks;
    if (untold.once !== undefined) {
      if (toldOnce.has(untold.once)) return;
      toldOnce.add(untold.once);
    }
    tally[untold.told] += 1;
    if (tally[untold.told] > tally.most) return;
    const { offset, path, code, message, advice, detail, severity = 'error' } = untold.tell();
    const place = places.placeAt(offset, path === undefined ? undefined : shortened(path, LONGEST_PATH));
    const problem = inShort({ code, severity, message, advice, place });
    problems.push({ problem, offset });
    if (detail !== undefined) details.set(problem, detail);
  };

  const { root, document } = read(report);
  const decoded = document?.decoded;
  problems.sort((a, b) => a.offset - b.offset);
  return {
    profile: isBlocked ? undefined : decoded?.profile,
    partial: decoded?.profile,
    format: document?.format ?? 'oci',
    carrier: document?.carrier ?? 'file',
    name: document?.name,
    namespace: document?.namespace,
    path: document?.path ?? '',
    length: document?.length ?? 0,
    problems: problems.map(({ problem }) => problem),
    details,
    rulePaths: decoded?.rulePaths ?? [],
    namePaths: decoded?.namePaths ?? [],
    rulesWithoutNames: decoded?.rulesWithoutNames ?? [],
    get mayBeNotUtf8() {
      return places.mayBeNotUtf8;
    },
    root,
    has: (path) => root !== undefined && nodeAt(root, path).path === path,
    placeOf: (path) => (root === undefined ? places.placeAt(0) : places.placeAt(nodeAt(root, path).offset, path)),
  };
}

function untoldOf(mistake: ProfileMistake): UntoldMistake {
  const { severity = 'error', blocks = severity === 'error' } = mistake;
  return { told: severity === 'error' ? 'error' : 'remark', blocks, tell: () => mistake };
}

function tooLarge(report: Report): ReturnType<ReadNodes> {
  report(TOO_LARGE);
  return { root: undefined, isYaml: false };
}

/** What is said of a text with more than `MAX_PROFILE_FILE`. */
export const TOO_LARGE = {
  offset: 0,
  code: 'SP001',
  message: `this text is larger than ${sizeText(MAX_PROFILE_FILE)}`,
  advice: 'a profile needs a few kilobytes',
  detail: { kind: 'beyond-limits' },
} as const;
