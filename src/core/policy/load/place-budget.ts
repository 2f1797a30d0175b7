import type { Place } from '../../problem/problem.js';
import type { LoadedExemption, LoadedPolicy } from './loaded-document.js';

type Document = LoadedPolicy | LoadedExemption;

/**
 * Places in documents, for where others wait: to find one a document is read once more, a millisecond or so for each thousand characters.
 * Past `most` characters a place is where its document begins, with the path. Many places of one document cost it once.
 */
export class PlaceBudget {
  #left: number;
  #current: Document | undefined;

  constructor(most: number) {
    this.#left = most;
  }

  placeOf(document: Document, path: string): Place {
    const { length = 0 } = document;
    if (document !== this.#current && length <= this.#left) {
      this.#left -= length;
      this.#current = document;
    }
    return { ...(document === this.#current ? document.placeOf(path) : beginningOf(document)), path };
  }
}

function beginningOf({ reference }: Document): Place {
  const [, file, line] = /^(.*):(\d+)$/s.exec(reference.origin ?? '') ?? [];
  return file === undefined ? {} : { file, line: Number(line) };
}
