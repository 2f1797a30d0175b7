import type { Problem } from '../problem.js';
import { placeFinder, stepsOf } from './document-text.js';
import type { LoadedExemption, LoadedNamespace, LoadedPolicy } from './loaded-document.js';
import { type BrokenDocument, type ReadDocument, type ReadText, readDocuments } from './read-documents.js';

/** What one text holds. */
export interface ParsedDocuments {
  readonly file: string | undefined;
  readonly policies: readonly LoadedPolicy[];
  readonly exemptions: readonly LoadedExemption[];
  readonly namespaces: readonly LoadedNamespace[];
  /** Mistakes: an error keeps its own document from loading, and no other. Warnings keep nothing from loading. */
  readonly problems: readonly Problem[];
  /** For information: documents of other kinds, which are left alone. */
  readonly notes: readonly Problem[];
  /** The documents that did not load, as far as they can be told apart. */
  readonly broken: readonly BrokenDocument[];
}

/** Reads policies, exemptions and namespaces from YAML (several documents, lists) or JSON. Never throws. */
export function parseDocuments(text: string, options: { readonly file?: string | undefined } = {}): ParsedDocuments {
  return loadedDocuments(readDocuments(text, options.file));
}

/** Makes plain data that was read, maybe in another thread, into documents that know their places. */
export function loadedDocuments(read: ReadText): ParsedDocuments {
  const policies: LoadedPolicy[] = [];
  const exemptions: LoadedExemption[] = [];
  for (const document of read.documents) {
    const { value } = document;
    if (value.kind === 'SeccompPolicy') policies.push({ kind: value.kind, value, ...common(read, document) });
    else exemptions.push({ kind: value.kind, value, ...common(read, document) });
  }
  const { file, namespaces, problems, notes, broken } = read;
  return { file, policies, exemptions, namespaces, problems, notes, broken };
}

function common(read: ReadText, document: ReadDocument): Pick<LoadedPolicy, 'reference' | 'home' | 'placeOf'> {
  const { file, text } = read;
  const { start, end, line, column, originLine } = document.span;
  return {
    reference: {
      name: document.value.metadata.name,
      contentSha256: document.contentSha256,
      ...(file === undefined ? {} : { origin: `${file}:${originLine}` }),
    },
    home: 'file',
    placeOf: (path) => placeFinder({ file, text, start, end, line, column })(stepsOf(path)),
  };
}
