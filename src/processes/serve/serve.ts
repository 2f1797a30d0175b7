import { join } from 'node:path';
import { Pages } from '../../http/console/pages.js';
import { RecentDecisions } from '../../http/console/recent-decisions.js';
import { Output } from '../../system/output.js';
import { packageVersion } from '../../system/package-root.js';
import { painter, wantsColour } from '../../system/terminal/colour.js';
import { untilSignal } from '../../system/until-signal.js';
import { startAdmission } from '../common/admission-process.js';
import { demoPolicies } from '../common/demo-policies.js';
import { certificateFolder } from '../common/development-certificates.js';
import { fromFiles } from '../common/document-source.js';
import { openProcessLog } from '../common/open-process-log.js';
import { recordOutput } from '../common/record-output.js';
import { podOf } from '../settings/environment.js';
import type { ProcessSettings } from '../settings/read-settings.js';
import { decisionLine } from './decision-line.js';
import { welcome } from './welcome.js';

/** Answers admission without a cluster, with a page to look at, until a signal comes. */
export async function runServe(settings: ProcessSettings<'serve'>): Promise<void> {
  const { config, environment } = settings;
  const stopping = untilSignal();
  const log = openProcessLog(settings);
  const decisions = new RecentDecisions();
  if (process.stdout.isTTY) {
    // A person is looking: every decision as a line, and the records in their files.
    const paint = painter(wantsColour(process.stdout, environment));
    const terminal = new Output(process.stdout);
    decisions.onAdd((decision) => void terminal.write(decisionLine(decision, paint)));
  }
  const demo = config.policies === undefined ? await demoPolicies(config.data) : undefined;
  let pages: Pages | undefined;
  const admission = await startAdmission({
    config,
    documents: fromFiles(config.policies ?? demo ?? [], config.data, log),
    badAtStart: 'refuse',
    log,
    recorded: { node: podOf(environment).node },
    recordLines: process.stdout.isTTY ? () => undefined : recordOutput(log),
    onDecision: (request, decision, recordId) => decisions.add(request, decision, recordId, new Date()),
    pages: (parts) => {
      pages = new Pages({ ...parts, decisions, version: packageVersion() });
      return pages;
    },
  });

  const { current } = admission.rules;
  const token = (pages as Pages | undefined)?.access.token;
  if (config.logFormat === 'text' && config.logLevel !== 'silent' && current !== undefined)
    process.stderr.write(
      welcome(
        {
          config,
          rules: current,
          address: admission.address,
          pageLink: `${admission.adminAddress ?? admission.address}/?token=${token ?? ''}`,
          caFile: config.tlsCert === undefined ? join(certificateFolder(config.data), 'ca.crt') : config.tlsCa,
          demoFolder: demo?.[0],
        },
        painter(wantsColour(process.stderr, environment)),
      ),
    );
  else log.info('ready', { address: admission.address });

  const signal = await stopping;
  log.info('stopping', { signal });
  await admission.stop(signal);
}
