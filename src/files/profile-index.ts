import { z } from 'zod';
import { MAX_FILE } from '../core/document/limits.js';
import type { Problem } from '../core/problem/problem.js';
import { errnoOf, messageOf } from '../system/errno.js';
import { readBounded } from '../system/read-bounded.js';

const indexSchema = z.object({
  version: z.literal(2),
  profiles: z.record(
    z.string(),
    z.object({
      /** Of the file's bytes: an entry counts only while the file is unchanged. */
      sha256: z.string(),
      digest: z.string(),
      mentionedCapabilities: z.array(z.string()),
      refusesNothing: z.boolean(),
      withinRuntimeDefault: z.object({ containerd: z.boolean(), crio: z.boolean() }),
      /** The other profiles of the index that refuse nothing this one allows. */
      within: z.array(z.string()),
    }),
  ),
});

export type ProfileIndex = z.infer<typeof indexSchema>;
export type IndexedProfile = ProfileIndex['profiles'][string];

/** Empty when there is none. A broken index is a warning: the profiles themselves are read instead. */
export async function readIndex(file: string, problems: Problem[]): Promise<ReadonlyMap<string, IndexedProfile>> {
  try {
    const index = indexSchema.parse(JSON.parse((await readBounded(file, { most: MAX_FILE })).toString('utf8')));
    return new Map(Object.entries(index.profiles));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') {
      problems.push({
        code: 'PF04',
        severity: 'warning',
        message: `the index cannot be used, so every profile is read: ${messageOf(error).split('\n')[0]}`,
        advice: 'Make it again (node tools/generate-catalogue.mjs), or delete it.',
        place: { file },
      });
    }
    return new Map();
  }
}
