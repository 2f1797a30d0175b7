import { allow } from '../../subject/example-profile.js';

/** For examples: what some program gets by with. */
export const BASIC_RULE = allow(['execve', 'exit_group', 'read', 'write']);
