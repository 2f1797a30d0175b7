import type { Problem } from '../problem/problem.js';
import type { Profile } from '../profile/model.js';
import { printOci } from '../profile/print/print-oci.js';
import { parseProfile } from '../profile/read/yaml/parse-profile.js';
import type { Architecture } from '../syscalls/architectures.js';
import { listed } from '../text/words.js';
import { predictStart, type StartPrediction } from './start-prediction.js';

/** For which containers a profile was compiled. What is absent: all of them. */
export interface CompiledFor {
  readonly architecture: Architecture;
  readonly runtime?: 'runc' | 'crun';
  readonly runtimeVersion?: string;
  readonly allowPrivilegeEscalation?: boolean;
}

/** Says where containers do not start with a compiled profile: rules that filter arguments stay as they are, and may stop the runtime. */
export function startProblems(profile: Profile, compiledFor: CompiledFor): readonly Problem[] {
  const { runtime, runtimeVersion, allowPrivilegeEscalation, architecture } = compiledFor;
  const parsed = parseProfile(printOci(profile));
  const starts = (runtime === undefined ? (['runc', 'crun'] as const) : [runtime]).flatMap((runtime) =>
    (allowPrivilegeEscalation === undefined ? [false, true] : [allowPrivilegeEscalation]).map((escalation) => ({
      where: `under ${runtime} with allowPrivilegeEscalation: ${escalation}`,
      prediction: predictStart(parsed, {
        runtime,
        architecture,
        allowPrivilegeEscalation: escalation,
        ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
      }),
    })),
  );
  if (starts.every(({ prediction: { outcome } }) => outcome === 'not started' || outcome === 'hangs'))
    return [
      {
        code: 'PC17',
        severity: 'error',
        message: `no container starts with the compiled profile: ${starts[0]?.prediction.because}`,
        advice: ADVICE,
      },
    ];
  const places = new Map<string, string[]>();
  for (const { where, prediction } of starts) {
    const words = IN_WORDS[prediction.outcome];
    if (words === undefined) continue;
    const message = `${words}: ${prediction.because}`;
    places.set(message, [...(places.get(message) ?? []), where]);
  }
  return [...places].map(([message, where]) => ({
    code: 'PC18',
    severity: 'warning',
    message: where.length === starts.length ? message : `${listed(where)} ${message}`,
    advice: ADVICE,
  }));
}

const IN_WORDS: Readonly<Record<StartPrediction['outcome'], string | undefined>> = {
  filtered: undefined,
  unconfined: 'the container runs without a filter',
  'not started': 'the container does not start',
  hangs: 'the container never comes up',
  'not always started': 'the container does not always start',
  'not foretold': 'it is not known whether the container starts',
};

const ADVICE =
  'Let the runtime make these calls with any arguments, or say which runtime and which allowPrivilegeEscalation the profile is for.';
