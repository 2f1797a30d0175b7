/**
 * An error that a person can mend, and whose message says how. It is told without a stack; every other error is a defect of ours.
 */
export abstract class UserError extends Error {}
