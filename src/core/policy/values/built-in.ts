/** What the requirement that holds beside every policy is called wherever policies are named. */
export const BUILT_IN = 'built-in';
