import { GlobIndex, globKey, type RankLists } from '../match/glob-index.js';
import type { LabelSelector } from '../match/label-selector.js';
import { NAMESPACE_NAME_LABEL } from '../match/pod-facts.js';
import type { PolicyMatch } from '../schema/policy-schema.js';

/** In which namespaces some document asks for labels of the namespace that its name does not tell. */
export class NamespaceNeeds {
  #everywhere = false;
  readonly #some = new GlobIndex();

  add(match: PolicyMatch | undefined): void {
    if (this.#everywhere || match === undefined || !asksLabels(match)) return;
    const keys = match.namespaces?.map(globKey);
    if (keys === undefined || keys.includes(undefined)) this.#everywhere = true;
    else for (const key of keys) if (key !== undefined) this.#some.add(key, 0);
  }

  includes(namespace: string): boolean {
    if (this.#everywhere) return true;
    if (this.#some.isEmpty) return false;
    const found: RankLists = [];
    this.#some.collect(namespace, found);
    return found.length > 0;
  }
}

function asksLabels({ namespaceSelector, exclude }: PolicyMatch): boolean {
  if (selectsByLabels(namespaceSelector)) return true;
  return exclude?.some((block) => selectsByLabels(block.namespaceSelector)) === true;
}

function selectsByLabels(selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.keys(matchLabels).some((key) => key !== NAMESPACE_NAME_LABEL) ||
    matchExpressions.some(({ key }) => key !== NAMESPACE_NAME_LABEL)
  );
}
