import { spawn } from 'node:child_process';

/** The built program, made from the sources before the tests began (test/support/build-program.mjs). */
export const program: string = process.env.SECCOMPLY_PROGRAM ?? 'dist/seccomply.js';

/** The Node that runs it: this one, or in test/node another version. */
export const node: string = process.env.TEST_NODE ?? process.execPath;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end, as a user would. */
export function runProgram(
  args: readonly string[],
  options: {
    readonly stdin?: string;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** Milliseconds until it is ended, for commands that wait for something. */
    readonly deadline?: number;
  } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [program, ...args], {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: 'pipe',
      // A command that hangs fails its test instead of keeping the whole run.
      timeout: options.deadline ?? 50_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    // A command that does not read its input may be gone before it is written.
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
