import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FoundObject, type ObjectDocuments, parseObjects } from '../../core/policy/load/object-documents.js';
import type { Problem } from '../../core/problem/problem.js';
import { readFailure } from './find-policy-files.js';

const MAX_DEPTH = 32;

/** Reads Kubernetes objects from a file, from every YAML and JSON file of a folder, or from standard input (`-`). Bad input gives problems. */
export async function readObjects(path: string): Promise<ObjectDocuments> {
  const objects: FoundObject[] = [];
  const problems: Problem[] = [];
  await read(path, 0);
  return { objects, problems };

  async function read(at: string, depth: number): Promise<void> {
    try {
      if (at !== '-' && (await stat(at)).isDirectory()) {
        if (depth > MAX_DEPTH) return;
        for (const entry of (await readdir(at, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
          if (entry.name.startsWith('.')) continue;
          if (entry.isDirectory() || /\.(?:ya?ml|json)$/.test(entry.name)) await read(join(at, entry.name), depth + 1);
        }
        return;
      }
      const bytes = at === '-' ? await standardInput() : await readFile(at);
      const file = at === '-' ? 'standard input' : at;
      const found = parseObjects(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file);
      // One by one: a list of a hundred thousand pods is more than a call takes arguments.
      for (const object of found.objects) objects.push(object);
      for (const problem of found.problems) problems.push(problem);
    } catch (error) {
      const isNoText = (error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
      const { message, advice } = isNoText
        ? { message: 'this is not UTF-8 text', advice: 'save it as UTF-8' }
        : readFailure(error, 'file');
      problems.push({
        code: isNoText ? 'PD001' : 'PD020',
        severity: 'error',
        message,
        advice,
        place: { file: at === '-' ? 'standard input' : at },
      });
    }
  }
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
