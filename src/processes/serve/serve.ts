import { join } from 'node:path';
import type { Problem } from '../../core/problem/problem.js';
import { Pages } from '../../http/console/pages.js';
import { RecentDecisions } from '../../http/console/recent-decisions.js';
import { openLog } from '../../system/log.js';
import { logProblem } from '../../system/log-problem.js';
import { packageVersion } from '../../system/package-root.js';
import { RecordStream } from '../../system/record-stream.js';
import { painter, wantsColour } from '../../system/terminal/colour.js';
import { untilSignal } from '../../system/until-signal.js';
import type { Config } from '../settings/config.js';
import { startAdmission } from '../shared/admission-process.js';
import { fromFiles } from '../shared/follow-policies.js';
import { certificateFolder } from '../shared/open-certificates.js';
import { decisionLine } from './decision-line.js';
import { demoPolicies } from './demo-policies.js';
import { welcome } from './welcome.js';

/** Answers admission without a cluster, with a page to look at, until a signal comes. */
export async function runServe(config: Config, notes: readonly Problem[]): Promise<void> {
  const stopping = untilSignal();
  process.stderr.on('error', () => undefined);
  const paintErrors = painter(wantsColour(process.stderr));
  const log = openLog({
    level: config.logLevel,
    format: config.logFormat,
    role: 'serve',
    paint: paintErrors,
    write: (line) => void process.stderr.write(line),
  });
  for (const note of notes) logProblem(log, note);

  const decisions = new RecentDecisions();
  const records = new RecordStream(process.stdout);
  if (process.stdout.isTTY) {
    // A person is looking: every decision as a line, and the records in their files.
    const paint = painter(wantsColour(process.stdout));
    decisions.onAdd((decision) => void process.stdout.write(decisionLine(decision, paint)));
  }
  const demo = config.policies === undefined ? await demoPolicies(config.data) : undefined;
  let pages: Pages | undefined;
  const role = await startAdmission({
    config,
    documents: fromFiles(config.policies ?? demo ?? [], config.data),
    badAtStart: 'refuse',
    log,
    recordLines: process.stdout.isTTY ? () => undefined : records.lines,
    onDecision: (request, decision, recordId) => decisions.add(request, decision, recordId, new Date()),
    pages: (parts) => {
      pages = new Pages({ ...parts, decisions, version: packageVersion() });
      return pages;
    },
  });

  const { current } = role.rules;
  const token = (pages as Pages | undefined)?.access.token;
  if (config.logFormat === 'text' && config.logLevel !== 'silent' && current !== undefined)
    process.stderr.write(
      welcome(
        {
          config,
          rules: current,
          address: role.address,
          pageLink: `${role.adminAddress ?? role.address}/?token=${token ?? ''}`,
          caFile: config.tlsCert === undefined ? join(certificateFolder(config.data), 'ca.crt') : config.tlsCa,
          demoFolder: demo?.[0],
        },
        paintErrors,
      ),
    );
  else log.info('ready', { address: role.address });

  const signal = await stopping;
  log.info('stopping', { signal });
  await role.stop(signal);
}
