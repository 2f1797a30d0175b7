import { EVENT_INPUTS } from '../../cluster/status/decision-event.js';
import { DECISION_INPUTS } from '../../core/admission/decide/decision-inputs.js';
import { below, type InputPath, inputSteps, isRead } from '../../core/admission/request/input-path.js';
import { belowEachList } from '../../core/admission/request/pod-containers.js';
import { RECORD_INPUTS } from '../../core/audit/entries/records-of.js';
import { type PruningPlan, reviewPruner } from './review-pruner.js';

/** Members of a review that are large or many, and say nothing about seccomp. What is not named here stays in the text. */
const CANDIDATES: readonly InputPath[] = [
  ...['requestKind', 'requestResource', 'options'],
  ...['object', 'oldObject'].flatMap((object) => below(object, ['status', 'metadata.managedFields'])),
  ...['object.spec', 'oldObject.spec'].flatMap((spec) =>
    below(spec, [
      ...['nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints'],
      ...['hostAliases', 'dnsConfig', 'imagePullSecrets'],
      ...belowEachList([
        ...['imagePullPolicy', 'command', 'args', 'workingDir', 'env', 'envFrom', 'lifecycle'],
        ...['livenessProbe', 'readinessProbe', 'startupProbe', 'resources', 'ports'],
        ...['terminationMessagePath', 'terminationMessagePolicy'],
      ]),
    ]),
  ),
];

const INPUTS: readonly InputPath[] = [...DECISION_INPUTS, ...RECORD_INPUTS, ...EVENT_INPUTS];

/** What is dropped of a request: of the candidates those that no decision reads and no record or Event shows. */
export const IGNORED: readonly InputPath[] = CANDIDATES.filter((path) => !isRead(INPUTS, inputSteps(path)));

/** Of a string longer than any profile's path (4096) by far only that it is there could matter. */
export const PRUNING_PLAN: PruningPlan = {
  ignored: IGNORED,
  shortened: ['object.metadata.annotations', 'oldObject.metadata.annotations'],
  longest: 16_384,
};

/**
 * The text of a review without most of a usual pod: managed fields, environments, probes, the status. Pod templates, of which a
 * decision may compare every member, are left whole. Overwrites the body.
 */
export const pruneReview = reviewPruner(PRUNING_PLAN);
