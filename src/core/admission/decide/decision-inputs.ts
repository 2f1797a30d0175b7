import { below, type InputPath } from '../request/input-path.js';
import { CONTAINERS_BEFORE_INPUTS, CONTAINERS_INPUTS } from '../request/pod-containers.js';
import { POD_INPUTS, REQUEST_INPUTS } from '../request/pod-review.js';
import { TARGET_INPUTS } from '../request/review-target.js';
import { HOST_ACCESS_INPUTS } from '../requirements/host-access.js';
import { ANNOTATION_INPUTS } from './annotations.js';

/** Of a pod, or of what a template makes. */
export const POD_DECISION_INPUTS: readonly InputPath[] = [
  ...POD_INPUTS,
  ...ANNOTATION_INPUTS,
  ...below('spec', [...CONTAINERS_INPUTS, ...HOST_ACCESS_INPUTS]),
];

/** Everything that a decision reads of a request. A test records what is read, and fails where it is not here. */
export const DECISION_INPUTS: readonly InputPath[] = [
  ...TARGET_INPUTS,
  ...REQUEST_INPUTS,
  ...below('object', POD_DECISION_INPUTS),
  ...below('oldObject.spec', CONTAINERS_BEFORE_INPUTS),
];
