import { stepsOf } from '../../document/path-text.js';
import { placeFinder } from '../../document/yaml/place-finder.js';
import type { Place, Problem } from '../../problem/problem.js';
import type { LoadedExemption, LoadedNamespace, LoadedPolicy } from './loaded-document.js';
import {
  type BrokenDocument,
  type ReadDocument,
  type ReadText,
  readDocuments,
  withoutByteOrderMark,
} from './read-documents.js';

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
  return loadedDocuments(readDocuments(text, options.file), () => text);
}

/** Makes plain data that was read, maybe in another thread, into documents that know their places in `text`. */
function loadedDocuments(read: ReadText, text: () => string): ParsedDocuments {
  const { documents, ...rest } = read;
  const loaded = documents.map((document) => loadedDocument(read.file, document, text));
  return { ...rest, ...byKind(loaded) };
}

/** The document that was read last for its places, until the work that asks for them is done: one can have many problems. */
let latest: { readonly of: ReadDocument['span']; readonly find: ReturnType<typeof placeFinder> } | undefined;

/** One document as `loadedDocuments` makes it. */
export function loadedDocument(
  file: string | undefined,
  { value, contentSha256, span }: ReadDocument,
  text: () => string,
): LoadedPolicy | LoadedExemption {
  const { start, end, line, column, originLine } = span;
  const find = (path: string): Place => {
    if (latest?.of !== span) {
      latest = { of: span, find: placeFinder({ file, text: withoutByteOrderMark(text()), start, end, line, column }) };
      queueMicrotask(() => {
        latest = undefined;
      });
    }
    return latest.find(stepsOf(path));
  };
  const common = {
    reference: {
      name: value.metadata.name,
      contentSha256,
      ...(file === undefined ? {} : { origin: `${file}:${originLine}` }),
    },
    home: 'file',
    length: end - start,
    placeOf: find,
  } as const;
  return value.kind === 'SeccompPolicy'
    ? { kind: value.kind, value, ...common }
    : { kind: value.kind, value, ...common };
}

export function byKind(documents: readonly (LoadedPolicy | LoadedExemption)[]): {
  readonly policies: readonly LoadedPolicy[];
  readonly exemptions: readonly LoadedExemption[];
} {
  return {
    policies: documents.filter((document): document is LoadedPolicy => document.kind === 'SeccompPolicy'),
    exemptions: documents.filter((document): document is LoadedExemption => document.kind === 'SeccompExemption'),
  };
}
