import { type DocumentNode, nodeAt } from '../../document/document-node.js';
import { MAX_PROFILE_FILE, sizeText } from '../../document/limits.js';
import { SourceText } from '../../document/source-text.js';
import type { Problem } from '../../problem/problem.js';
import { decodeDocument } from './decode-document.js';
import type { MistakeDetail } from './mistake-detail.js';
import type { ParsedProfile } from './parsed-profile.js';
import type { Report } from './profile-mistake.js';

export interface ParseProfileOptions {
  /** For the places of problems. */
  readonly file?: string;
}

/** Reads the text of a document into nodes; `root` is undefined where there is nothing to read, and that has been reported. */
export type ReadNodes = (
  text: string,
  report: Report,
) => { readonly root: DocumentNode | undefined; readonly isYaml: boolean };

/** So many errors of a text are told, and so many other remarks. */
const MAX_PROBLEMS = 1000;

/** Reads a profile with the given reader of text. */
export function profileOfText(text: string, options: ParseProfileOptions, readNodes: ReadNodes): ParsedProfile {
  const source = new SourceText(text, options.file);
  const problems: { readonly problem: Problem; readonly offset: number }[] = [];
  const details = new Map<Problem, MistakeDetail>();
  const counts = { errors: 0, remarks: 0 };
  let isBlocked = false;
  const report: Report = (finding) => {
    const { offset, path, code, message, advice, detail, severity = 'error', blocks = severity === 'error' } = finding;
    isBlocked ||= blocks;
    const told = severity === 'error' ? 'errors' : 'remarks';
    counts[told] += 1;
    if (counts[told] > MAX_PROBLEMS) return;
    const problem = { code, severity, message, advice, place: source.placeAt(offset, path) };
    problems.push({ problem, offset });
    if (detail !== undefined) details.set(problem, detail);
  };

  const { root, isYaml } = text.length > MAX_PROFILE_FILE ? tooLarge(report) : readNodes(text, report);
  const document = root === undefined ? undefined : decodeDocument(root, isYaml, report);
  const decoded = document?.decoded;
  problems.sort((a, b) => a.offset - b.offset);
  return {
    profile: isBlocked ? undefined : decoded?.profile,
    partial: decoded?.profile,
    format: document?.format ?? 'oci',
    name: document?.name,
    problems: problems.map(({ problem }) => problem),
    details,
    rulePaths: decoded?.rulePaths ?? [],
    namePaths: decoded?.namePaths ?? [],
    rulesWithoutNames: decoded?.rulesWithoutNames ?? [],
    has: (path) => root !== undefined && nodeAt(root, path).path === path,
    placeOf: (path) => (root === undefined ? source.placeAt(0) : source.placeAt(nodeAt(root, path).offset, path)),
  };
}

function tooLarge(report: Report): ReturnType<ReadNodes> {
  report({
    offset: 0,
    code: 'SP001',
    message: `this text is larger than ${sizeText(MAX_PROFILE_FILE)}`,
    advice: 'a profile needs a few kilobytes',
  });
  return { root: undefined, isYaml: false };
}
