// The files of profiles/ as they should be, from the recipes and from the recordings in the provenance files.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { catalogueFacts, isWithinRuntimeDefault } from '../src/core/compare/catalogue-facts.js';
import { comparable } from '../src/core/compare/comparable.js';
import { isComparableWithin } from '../src/core/compare/within.js';
import { isPlain } from '../src/core/profile/is-plain.js';
import type { Profile } from '../src/core/profile/model.js';
import { printDocker } from '../src/core/profile/print/print-docker.js';
import { printOci } from '../src/core/profile/print/print-oci.js';
import { RUNTIME_BASE } from '../src/core/profile/runtime-base-table.js';
import { runtimeDefault } from '../src/core/profile/runtime-default.js';
import { deriveProfile, type Evidence, type ObservedSocket } from '../src/core/recommend/derive.js';
import { aliasClosure } from '../src/core/syscalls/alias.js';
import { RECIPES, type Recipe } from './catalogue-recipes.js';
import { writtenProfile } from './catalogue-written.js';
import type { Recording } from './recording.js';

const AGAIN = 'bash tools/make-catalogue.sh';
const FAMILIES: Readonly<Record<string, number>> = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  AF_PACKET: 17,
};
const NETLINK_PROTOCOLS: Readonly<Record<string, number>> = {
  NETLINK_ROUTE: 0,
  NETLINK_KOBJECT_UEVENT: 15,
};

/** File name → text. */
export function catalogueFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const profiles = new Map<string, Profile>();
  for (const recipe of RECIPES) {
    const { profile, provenance } = recipe.kind === 'written' ? written(recipe) : recorded(recipe);
    profiles.set(recipe.name, profile);
    files.set(`${recipe.name}.json`, isPlain(profile) ? printOci(profile) : printDocker(profile));
    files.set(`${recipe.name}.provenance.json`, `${JSON.stringify(provenance, undefined, 2)}\n`);
  }
  files.set('index.generated.json', indexText(profiles, files));
  return files;
}

function written(recipe: Extract<Recipe, { kind: 'written' }>) {
  return {
    profile: writtenProfile(recipe.name),
    provenance: {
      profile: recipe.name,
      description: recipe.description,
      kind: recipe.kind,
      makeAgain: 'node tools/generate-catalogue.mjs',
      sources: recipe.sources,
    },
  };
}

interface RecordedFacts {
  readonly recordings: readonly Recording[];
  readonly [fact: string]: unknown;
}

function recorded(recipe: Extract<Recipe, { kind: 'recorded' }>) {
  const path = `profiles/${recipe.name}.provenance.json`;
  const facts = JSON.parse(readFileSync(path, 'utf8')) as RecordedFacts;
  const derived = deriveProfile(evidenceOf(facts.recordings), {
    closure: aliasClosure,
    ceilings: [runtimeDefault('containerd'), runtimeDefault('crio')],
  });
  return {
    profile: derived.profile,
    provenance: {
      ...facts,
      profile: recipe.name,
      description: recipe.description,
      kind: recipe.kind,
      makeAgain: `${AGAIN} ${recipe.name}`,
      derivation: {
        rule: 'recorded, closed under aliases, within the ceilings, with the runtime base',
        observed: new Set(facts.recordings.flatMap((recording) => Object.keys(recording.syscalls))).size,
        addedByClosure: derived.addedByClosure,
        ceilings: ['runtime-default-containerd', 'runtime-default-crio'],
        removedByCeiling: derived.removedByCeiling,
        runtimeBase: RUNTIME_BASE.flatMap(({ runtime, measured }) =>
          measured.map((version) => `${runtime} ${version}`),
        ),
        addedForRuntime: derived.addedForRuntime,
        allowed: new Set(
          derived.profile.rules.filter((rule) => rule.action === 'SCMP_ACT_ALLOW').flatMap((rule) => rule.names),
        ).size,
      },
    },
  };
}

function evidenceOf(recordings: readonly Recording[]): Evidence {
  return {
    syscalls: [...new Set(recordings.flatMap((recording) => Object.keys(recording.syscalls)))],
    sockets: [...new Set(recordings.flatMap((recording) => recording.sockets))].map(socketOf),
  };
}

function socketOf(text: string): ObservedSocket {
  const [family = '', protocol] = text.split(' ');
  return {
    family: numberOf(FAMILIES, family),
    ...(protocol === undefined ? {} : { protocol: numberOf(NETLINK_PROTOCOLS, protocol) }),
  };
}

function numberOf(table: Readonly<Record<string, number>>, name: string): number {
  const number = table[name];
  if (number === undefined) throw new Error(`${name} was recorded and has no number in tools/catalogue-files.ts`);
  return number;
}

function indexText(profiles: ReadonlyMap<string, Profile>, files: ReadonlyMap<string, string>): string {
  const tables = new Map([...profiles].map(([name, profile]) => [name, comparable(profile)]));
  const entries = [...profiles].sort(([a], [b]) => (a < b ? -1 : 1));
  const index = {
    version: 2,
    profiles: Object.fromEntries(
      entries.map(([name, profile]) => [
        name,
        {
          sha256: createHash('sha256')
            .update(files.get(`${name}.json`) ?? '')
            .digest('hex'),
          ...catalogueFacts(profile),
          withinRuntimeDefault: {
            containerd: isWithinRuntimeDefault(tables.get(name), 'containerd'),
            crio: isWithinRuntimeDefault(tables.get(name), 'crio'),
          },
          within: entries
            .map(([other]) => other)
            .filter((other) => other !== name && isComparableWithin(tables.get(name), tables.get(other))),
        },
      ]),
    ),
  };
  return `${JSON.stringify(index, undefined, 2)}\n`;
}
