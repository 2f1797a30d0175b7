import { hash } from 'node:crypto';
import type { AdmissionEntry, RecordedRequest, RecordedWorkload } from './admission-entry.js';

/**
 * The names that the API server makes of `generateName` (k8s.io/apiserver/pkg/storage/names, k8s.io/apimachinery/pkg/util/rand): at most 58
 * characters of it and five of these. `/validate` is shown such a name as if the client had given it.
 */
const longestGeneratedBase = 58;
const generatedEnd = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** Past so many findings a decision only counts them: nobody can say then that two are the same. */
const mostComparableFindings = 900;

interface DedupKey {
  /** SHA-256, since thousands are kept. */
  readonly key: string;
  /** Bytes of JSON that the entry takes at most. */
  readonly bytes: number;
}

/**
 * What makes two admissions the same to an auditor: everything that their records say, and what they had to cut, as its SHA-256 stands in
 * them. Left out are only what each attempt has anew: the uid of the request, when it came in, and of an object that is being created its uid
 * and a name that the API server made. Tells the size too, since both need the text.
 */
export function dedupKeyOf(entry: AdmissionEntry): DedupKey {
  const { controls, request, workload } = entry;
  const { generateName, name, uid } = request;
  const isIncomparable = (entry.otherFindingsOmitted ?? 0) >= mostComparableFindings;
  const text = JSON.stringify({
    ...entry,
    // The finding says them. Undefined members are left out of the text.
    controls: undefined,
    observedTime: undefined,
    request: {
      ...request,
      name: isGenerated(name, generateName) ? undefined : name,
      uid: isIncomparable ? uid : undefined,
    },
    workload: workload === undefined ? undefined : sameWorkload(workload, request),
  });
  const left =
    mostJsonBytes(name) +
    mostJsonBytes(uid) +
    mostJsonBytes(workload?.chain[0]) +
    mostJsonBytes(workload?.name) +
    mostJsonBytes(workload?.uid);
  return {
    key: hash('sha256', text, 'base64'),
    bytes: Buffer.byteLength(text) + left + (controls?.length ?? 0) * controlBytes + otherBytes,
  };
}

/** Of a reference to a control of `controls.ts`. */
const controlBytes = 70;
/** The time, and the keys of what is left out. */
const otherBytes = 128;

function isGenerated(name: string | undefined, generateName: string | undefined): boolean {
  if (name === undefined || generateName === undefined) return false;
  const base = generateName.slice(0, longestGeneratedBase);
  return name.length === base.length + 5 && name.startsWith(base) && generatedEnd.test(name.slice(base.length));
}

function sameWorkload({ chain, kind, name, uid }: RecordedWorkload, { generateName, operation }: RecordedRequest) {
  const [own = '', ...owners] = chain;
  const slash = own.indexOf('/');
  const ownName = own.slice(slash + 1);
  const isNew = isGenerated(ownName, generateName);
  return {
    kind,
    own: isNew ? own.slice(0, slash) : own,
    owners,
    name: isNew && name === ownName ? undefined : name,
    uid: owners.length === 0 && operation === 'CREATE' ? undefined : uid,
  };
}

const plain = /^[\w./:*-]*$/;

/** Bytes that a text takes as JSON at most, without quotation marks. */
export function mostJsonBytes(text: string | undefined): number {
  if (text === undefined) return 0;
  // No character takes more than six bytes of JSON.
  return plain.test(text) ? text.length : 6 * text.length;
}
