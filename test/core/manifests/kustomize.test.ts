import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonPatch from 'fast-json-patch';
import { parse } from 'yaml';
import { installObjects } from '../../../src/core/manifests/install-objects.js';
import { defaultInstall } from '../../../src/core/manifests/install-options.js';
import type { OverlayName } from '../../../src/core/manifests/overlays.js';
import { overlays } from '../../../src/core/manifests/overlays.js';
import type { Manifest } from '../../../src/core/policy/crd/manifest.js';
import { kustomizeFiles } from '../../../tools/manifests/kustomize.js';
import { objectsIn } from './render-chart.js';
import { byKey, optionsWith, root } from './support.js';

const files = kustomizeFiles();

interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly {
    readonly target?: { readonly kind: string; readonly name: string };
    readonly patch: string;
  }[];
}

/** What kustomize does with the files that are written here: resources, then components, then patches. */
function built(folder: string, from: readonly Manifest[] = []): readonly Manifest[] {
  const read = (path: string) => files.get(new URL(path, `file:///${folder}/`).pathname.slice(1));
  const { resources = [], components = [], patches = [] } = parse(read('kustomization.yaml') ?? '') as Kustomization;
  const path = (name: string) => new URL(name, `file:///${folder}/`).pathname.slice(1);
  let objects = [
    ...from,
    ...resources.flatMap((name) =>
      name.endsWith('.yaml') ? (objectsIn(read(name) ?? '') as readonly Manifest[]) : built(path(name)),
    ),
  ];
  for (const name of components) objects = [...built(path(name), objects)];
  for (const { target, patch } of patches) {
    const change = parse(patch) as { readonly $patch?: string } & Manifest;
    const { kind, name } = target ?? { kind: change.kind, name: change.metadata.name };
    const index = objects.findIndex((object) => object.kind === kind && object.metadata.name === name);
    const found = objects[index];
    if (found === undefined) throw new Error(`${folder} patches ${kind} ${name}, which is not there`);
    if (change.$patch === 'delete') objects.splice(index, 1);
    else objects[index] = jsonPatch.applyPatch(structuredClone(found), change as never, true).newDocument;
  }
  return objects;
}

test('the base is what install applies', () => {
  expect(byKey(built('base'))).toEqual(byKey(installObjects(defaultInstall)));
  expect(byKey(objectsIn(files.get('seccomply.yaml') ?? ''))).toEqual(byKey(installObjects(defaultInstall)));
});

test.each(Object.keys(overlays) as OverlayName[])('the overlay %s is what install --overlay applies', (name) => {
  expect(byKey(built(`overlays/${name}`))).toEqual(byKey(installObjects(optionsWith([name]))));
});

test('the files are as they are made', () => {
  for (const [path, text] of files)
    expect([path, readFileSync(join(root, 'manifests', path), 'utf8')]).toEqual([path, text]);
});
