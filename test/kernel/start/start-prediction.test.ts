import { predictStart, type StartPrediction } from '../../../src/core/lint/start-prediction.js';
import { parseProfile } from '../../../src/core/profile/read/yaml/parse-profile.js';
import { Container, containersUnavailable, type Runtime, runtimeVersion } from '../../../tools/container.js';
import { startUnder } from '../../../tools/refusals.js';
import { hasCommand } from '../../support/has-command.js';
import { itNeeds } from '../../support/require.js';
import { conditionalRefusals } from './conditional-refusals.js';
import { oddDocuments } from './odd-documents.js';
import { refusingProfiles } from './refusing-profiles.js';

type Outcome = StartPrediction['outcome'];

/** These claim nothing that one start could show. */
const isOpen = (outcome: Outcome) => outcome === 'not foretold' || outcome === 'not always started';

function outcomeOf(runtime: Runtime, seccomp: string): Outcome {
  const container = new Container({ runtime, seccomp, args: ['grep', '^Seccomp:', '/proc/self/status'] });
  try {
    const { status, stdout } = container.run(5_000);
    if (stdout.includes('Seccomp:\t2')) return 'filtered';
    if (stdout.includes('Seccomp:\t0')) return 'unconfined';
    return status === null ? 'hangs' : 'not started';
  } finally {
    container.remove();
  }
}

function prediction(text: string, runtime: Runtime, allowPrivilegeEscalation: boolean): Outcome {
  const options = { runtime, runtimeVersion: runtimeVersion(runtime), allowPrivilegeEscalation } as const;
  return predictStart(parseProfile(text), options).outcome;
}

describe.each(['runc', 'crun'] as const)('%s: what is foretold happens', (runtime) => {
  const unavailable =
    containersUnavailable(runtime) ?? (hasCommand('gcc', '--version') ? undefined : 'gcc is not installed');
  const inContainer = itNeeds(unavailable === undefined, unavailable ?? '');

  inContainer(
    'to a container with a document of mistakes',
    () => {
      const documents = oddDocuments();
      const foretold = documents.map((text) => [text, prediction(text, runtime, true)] as const);
      const claims = foretold.filter(([, outcome]) => !isOpen(outcome));
      expect(claims.length).toBeGreaterThan(documents.length * 0.95);
      const wrong = claims.flatMap(([text, outcome]) => {
        const happened = outcomeOf(runtime, text);
        return happened === outcome ? [] : [{ text, outcome, happened }];
      });
      expect(wrong).toEqual([]);
    },
    900_000,
  );

  for (const noNewPrivileges of [true, false])
    inContainer(
      `to a container whose profile refuses what the runtime may need, ${noNewPrivileges ? 'no' : 'with'} new privileges`,
      () => {
        const profiles = [...refusingProfiles(runtime, runtimeVersion(runtime)), ...conditionalRefusals()];
        const foretold = profiles.map((text) => [text, prediction(text, runtime, !noNewPrivileges)] as const);
        const claims = foretold.filter(([, outcome]) => !isOpen(outcome));
        expect(claims.length).toBeGreaterThan(profiles.length * 0.8);
        const said = { filtered: 'yes', 'not started': 'no', hangs: 'hangs' } as Readonly<Record<Outcome, string>>;
        const wrong = claims.flatMap(([text, outcome]) => {
          const happened = startUnder(text, { runtime, noNewPrivileges, command: 'run' }, 1, 3_000);
          return happened === said[outcome] ? [] : [{ text, outcome, happened }];
        });
        expect(wrong).toEqual([]);
      },
      900_000,
    );
});
