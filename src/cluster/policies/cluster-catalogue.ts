import type { ComparableProfile } from '../../core/compare/comparable.js';
import { isComparableWithin } from '../../core/compare/within.js';
import type { Catalogue, CatalogueEntry } from '../../core/profile/catalogue.js';
import { type CatalogueProfile, catalogueOf } from '../../core/profile/catalogue-of.js';
import { classAmong, nameInProfilePath } from '../../core/profile/logical-name.js';
import { isOnNodes, type ProfileObject } from './profile-object.js';

/**
 * The catalogue of a cluster: `SeccompProfile` objects, and beside them profiles from files, which count as available because
 * whoever gave them says that they are on the nodes. Of one name the object counts. A profile that is not approved is not in it.
 */
export function clusterCatalogue(
  objects: readonly ProfileObject[],
  beside?: { readonly catalogue: Catalogue; readonly comparableOf: (name: string) => ComparableProfile },
): Catalogue {
  const usable = objects.filter(({ read }) => read?.approved === true);
  const byName = new Map(usable.map((object) => [object.name, object]));
  const known = new Set(objects.map(({ name }) => name));
  const comparableOf = (name: string): ComparableProfile =>
    byName.get(name)?.read?.comparable() ?? (known.has(name) ? undefined : beside?.comparableOf(name));
  const all = catalogueOf(usable.flatMap(entryOf), {
    within: (a, b) => isComparableWithin(comparableOf(a), comparableOf(b)),
  });
  const own: Catalogue = {
    ...all,
    // A stage or a capability class that the object does not ask for is on no node: a pod that names it would never start.
    pathOf: (name, stage, added) => {
      const read = byName.get(name)?.read;
      if (read === undefined || !read.stages.includes(stage)) return undefined;
      const wanted = classAmong(read.mentionedCapabilities, added).join(' ');
      return read.classes.some((one) => one.join(' ') === wanted) ? all.pathOf(name, stage, added) : undefined;
    },
  };
  if (beside === undefined) return own;
  const { catalogue } = beside;
  const names = [...new Set([...own.names(), ...catalogue.names().filter((name) => !known.has(name))])].sort();
  const of = (name: string): Catalogue => (known.has(name) ? own : catalogue);
  const within = new Map<string, boolean>();
  return {
    names: () => names,
    get: (name) => of(name).get(name),
    pathOf: (name, stage, capabilities) => of(name).pathOf(name, stage, capabilities),
    byPath: (path, capabilities) => of(nameInProfilePath(path) ?? '').byPath(path, capabilities),
    within: (a, b) => {
      if (known.has(a) === known.has(b)) return of(a).within(a, b);
      if (of(a).get(a) === undefined || of(b).get(b) === undefined) return false;
      const key = `${a} ${b}`;
      const answer = within.get(key) ?? isComparableWithin(comparableOf(a), comparableOf(b));
      within.set(key, answer);
      return answer;
    },
  };
}

function entryOf(object: ProfileObject): readonly CatalogueProfile[] {
  const { name, read } = object;
  if (read === undefined) return [];
  const entry: CatalogueEntry = {
    name,
    digest: read.digest,
    available: isOnNodes(object),
    withinRuntimeDefault: read.withinRuntimeDefault,
    refusesNothing: read.refusesNothing,
  };
  return [{ ...entry, mentionedCapabilities: read.mentionedCapabilities }];
}
