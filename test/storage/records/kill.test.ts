import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { AuditLog } from '../../../src/storage/records/audit-log.js';
import { recordFilesAt } from '../../../src/storage/records/segments.js';
import { verifyRecordFiles } from '../../../src/storage/records/verify-records.js';
import { runs } from '../../support/require.js';

const kills = runs(6);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seccomply-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test(
  `kill -9 at ${kills} random instants loses no record that was acknowledged`,
  async () => {
    const program = join(folder, 'writer.mjs');
    buildSync({
      entryPoints: ['test/storage/records/writer.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    expect(spawnSync(process.execPath, ['--check', program]).status).toBe(0);
    const records = join(folder, 'records');
    const acknowledged: string[] = [];
    for (let round = 0; round < kills; round += 1)
      acknowledged.push(...(await untilKilled(program, records, 1 + Math.floor(Math.random() * 400))));
    // The next start closes off what the last kill left.
    await (await AuditLog.open(records, { source: { component: 'webhook', version: 'test' } })).close('done');
    const files = await recordFilesAt(records);
    const report = await verifyRecordFiles(files);
    expect(report.findings).toEqual([]);
    expect(report.instances.filter(({ ended }) => ended === 'crashed')).toHaveLength(kills);
    const onDisk = new Set(
      files.files.flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/"recordId":"([^"]+)"/g)].map(([, id]) => id),
      ),
    );
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((id) => !onDisk.has(id))).toEqual([]);
  },
  30_000 + kills * 10_000,
);

/** Lets the writer run until so many records were acknowledged, kills it, and returns their ids. */
function untilKilled(program: string, records: string, count: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const writer = spawn(process.execPath, [program, records], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let seen = 0;
    writer.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      seen += chunk.split('\n').length - 1;
      if (seen >= count) writer.kill('SIGKILL');
    });
    writer.on('error', reject);
    // Only whole lines were said; a last piece without its end was not.
    writer.on('close', () => resolve(text.split('\n').slice(0, -1)));
  });
}
