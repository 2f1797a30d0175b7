/** Exit codes of every command: 0 good, 1 findings or a refusal, 2 bad usage or bad input. */
export const EXIT = { good: 0, findings: 1, usage: 2 } as const;

/** Thrown by a command to end with a message on stderr and an exit code; anything else thrown is a defect of ours. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}
