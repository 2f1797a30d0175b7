import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A process of a test cluster. It ends with the process that started it, however that one ends. */
export class Child {
  readonly name: string;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<void>;

  static start(
    name: string,
    command: readonly string[],
    options: { readonly log: string; readonly cwd?: string },
  ): Child {
    return new Child(name, command, options);
  }

  private constructor(name: string, command: readonly string[], { log, cwd }: { log: string; cwd?: string }) {
    this.name = name;
    this.#log = log;
    const output = openSync(log, 'a');
    // The kernel ends it when this process is gone, even by kill -9: setpriv sets that and becomes the command.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
      stdio: ['ignore', output, output],
      ...(cwd === undefined ? {} : { cwd }),
    });
    closeSync(output);
    this.pid = this.#process.pid ?? 0;
    this.#ended = new Promise((resolve) => {
      this.#process.on('exit', () => resolve());
      this.#process.on('error', () => resolve());
    });
  }

  get hasEnded(): boolean {
    return this.pid === 0 || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The end of what it said, for the message of a failed test. */
  tail(lines = 20): string {
    return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.hasEnded) this.#process.kill(signal);
  }

  /** Asks it to end, and after `grace` ms makes it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', grace = 10_000): Promise<void> {
    if (this.hasEnded) return;
    // A stopped process takes no signal but this one.
    this.signal('SIGCONT');
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), grace);
    await this.#ended;
    clearTimeout(timer);
  }
}
