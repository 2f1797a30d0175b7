/** The pod's field cannot be changed any more, so what is added to it needs its own. */
export const OWN_PROFILE_FOR_DEBUG =
  'give the debug container a profile of its own (kubectl debug --profile=restricted)';
