import { EVENT_INPUTS } from '../../cluster/status/decision-event.js';
import { DECISION_INPUTS, POD_DECISION_INPUTS } from '../../core/admission/decide/decision-inputs.js';
import { below, type InputPath } from '../../core/admission/request/input-path.js';
import { TEMPLATE_PATHS } from '../../core/admission/request/review-target.js';
import { RECORD_INPUTS } from '../../core/audit/entries/records-of.js';
import { type PruningPlan, reviewPruner } from './review-pruner.js';

/** Of a pod template what is read of a pod. That a decision also asks whether all of it is as it was, is told while pruning. */
const TEMPLATE_INPUTS: readonly InputPath[] = ['object', 'oldObject'].flatMap((object) =>
  TEMPLATE_PATHS.flatMap((path) => below(`${object}.${path}`, POD_DECISION_INPUTS)),
);

/** What is left of a request: what a decision reads, and what a record or an Event shows. */
export const KEPT: readonly InputPath[] = [
  ...[...DECISION_INPUTS, ...RECORD_INPUTS, ...EVENT_INPUTS].filter((path) => !path.endsWith('.**')),
  ...TEMPLATE_INPUTS,
];

export const PRUNING_PLAN: PruningPlan = {
  kept: KEPT,
  /** Of a string longer than any profile's path (4096) by far only that it is there could matter. */
  shortened: ['', ...TEMPLATE_PATHS.map((path) => `${path}.`)].flatMap((path) => [
    `object.${path}metadata.annotations`,
    `oldObject.${path}metadata.annotations`,
  ]),
  longest: 16_384,
  compared: TEMPLATE_PATHS.map((path) => `${path}.spec`),
  /** As much as a pod of a thousand containers comes to, and several times what any comes to that runs: about 10 ms to parse. */
  parsedLimit: 2_000_000,
};

/**
 * The text of a review without most of a usual pod: what is left is what decisions, records and Events read, which is a few values for
 * each container and volume. Overwrites the body.
 */
export const pruneReview = reviewPruner(PRUNING_PLAN);
