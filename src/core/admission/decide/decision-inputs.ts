import { below, type InputPath } from '../request/input-path.js';
import { CONTAINERS_BEFORE_INPUTS, CONTAINERS_INPUTS } from '../request/pod-containers.js';
import { POD_INPUTS, REQUEST_INPUTS } from '../request/pod-review.js';
import { TARGET_INPUTS } from '../request/review-target.js';
import { HOST_ACCESS_INPUTS } from '../requirements/host-access.js';
import { ANNOTATION_INPUTS } from './annotations.js';

/** Everything that a decision reads of a request. A test records what is read, and fails where it is not here. */
export const DECISION_INPUTS: readonly InputPath[] = [
  ...TARGET_INPUTS,
  ...REQUEST_INPUTS,
  ...below('object', [...POD_INPUTS, ...ANNOTATION_INPUTS]),
  ...below('object.spec', [...CONTAINERS_INPUTS, ...HOST_ACCESS_INPUTS]),
  ...below('oldObject.spec', CONTAINERS_BEFORE_INPUTS),
];
