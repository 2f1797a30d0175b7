import { NAMESPACE_FLAGS } from '../../../profile/runtime-base.js';
import { allow, masked, refuse } from '../../subject/example-profile.js';

/** For examples: clone that makes no namespaces. */
export const FILTERED_CLONE = allow(['clone'], masked(0, Number(NAMESPACE_FLAGS), 0));

export const NO_CLONE3 = refuse(['clone3'], { errnoRet: 38 });
