import { membersOrNone } from '../../document/members.js';
import type { Place, Problem } from '../../problem/problem.js';
import { shown } from '../../text/parsed.js';
import { isDnsLabel, parseLabelKey, parseLabelValue } from '../values/kubernetes-name.js';
import type { LoadedNamespace } from './loaded-document.js';

/** Reads the name and the labels of a `Namespace`; everything else about it is left alone. */
export function readNamespace(
  object: Readonly<Record<string, unknown>>,
  place: Place,
  find: (path: readonly PropertyKey[]) => Place,
):
  | { readonly ok: true; readonly value: LoadedNamespace }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const { name, labels = {} } = membersOrNone(object.metadata);
  const fail = (code: string, path: readonly string[], message: string, advice: string) =>
    ({ ok: false, problems: [{ code, severity: 'error', message, advice, place: find(path) }] }) as const;
  if (typeof name !== 'string' || !isDnsLabel(name))
    return fail(
      'PD014',
      ['metadata', 'name'],
      'a namespace needs a name as Kubernetes takes it',
      'add metadata: { name: … }',
    );
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(membersOrNone(labels))) {
    const path = ['metadata', 'labels', key];
    if (typeof value !== 'string') {
      const isWord = typeof value === 'number' || typeof value === 'boolean';
      const advice = isWord ? `put the value in quotes: "${value}"` : 'write a text, or remove the label';
      return fail('PD009', path, `the label ${shown(key)} is no text`, advice);
    }
    for (const read of [parseLabelKey(key), parseLabelValue(value)])
      if (!read.ok) return fail('PD009', path, read.message, read.advice);
    kept[key] = value;
  }
  return { ok: true, value: { name, labels: { ...kept, 'kubernetes.io/metadata.name': name }, place } };
}
