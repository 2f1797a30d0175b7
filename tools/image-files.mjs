// What the container image holds of this repo: the bundle without source maps, and the files it reads. The Dockerfile copies the same;
// test/integration/image.test.ts runs the program with nothing else.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Path in the image → file here, sorted. `dist` is the folder of the build. */
export function imageFiles(dist = process.env.SECCOMPLY_DIST ?? join(root, 'dist')) {
  const files = new Map();
  const add = (folder, target, wanted = () => true) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const source = join(folder, entry.name);
      if (entry.isDirectory()) add(source, `${target}/${entry.name}`, wanted);
      else if (wanted(entry.name)) files.set(`${target}/${entry.name}`, source);
    }
  };
  add(dist, 'app/dist', (name) => !name.endsWith('.map') && !name.endsWith('.tar'));
  add(join(root, 'policies'), 'app/policies');
  add(join(root, 'profiles'), 'app/profiles');
  for (const name of ['package.json', 'LICENSE']) files.set(`app/${name}`, join(root, name));
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));
}
