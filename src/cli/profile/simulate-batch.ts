import { createReadStream } from 'node:fs';
import type { SyscallAnswer } from '../../core/filter/evaluator.js';
import { ARCHITECTURES, type Architecture } from '../../core/syscalls/architectures.js';
import { errnoOf } from '../../system/errno.js';
import { CliError, EXIT } from '../output/exit.js';
import { writeOut } from '../output/write.js';
import { answerJson } from './answer-json.js';
import { architectureOf } from './node-target-options.js';
import { parseArgument, type Simulator } from './simulator.js';

/** Longer lines are no questions; what is beyond is skipped, not kept. */
const LONGEST_LINE = 1024 * 1024;

/** Answers questions line by line, as they come; memory does not grow with their number. Exit code 1 when a line was no question. */
export async function simulateBatch(file: string, simulator: Simulator, architecture: Architecture): Promise<void> {
  const answers = new BatchAnswers(simulator, architecture);
  const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
  input.setEncoding('utf8');
  let rest = '';
  let skipping = false;
  try {
    for await (const chunk of input as AsyncIterable<string>) {
      let out = '';
      let from = 0;
      for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
        const line = rest === '' ? chunk.slice(from, end) : rest + chunk.slice(from, end);
        out += skipping ? answers.refuse('this line is longer than 1 MiB') : answers.answer(line);
        skipping = false;
        rest = '';
        from = end + 1;
      }
      if (!skipping) rest += chunk.slice(from);
      if (rest.length > LONGEST_LINE) {
        skipping = true;
        rest = '';
      }
      if (out !== '') await writeOut(out);
    }
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    throw new CliError(
      code === 'ENOENT'
        ? `there is no file ${file}`
        : code === 'EISDIR'
          ? `${file} is a folder`
          : `cannot read ${file} (${code})`,
    );
  }
  if (skipping) await writeOut(answers.refuse('this line is longer than 1 MiB'));
  else if (rest !== '') await writeOut(answers.answer(rest));
  if (answers.refused > 0) {
    process.stderr.write(
      `seccomply: ${answers.refused} of ${answers.lines} lines ${answers.refused === 1 ? 'was' : 'were'} no question; the first is line ${answers.firstRefused}\n`,
    );
    process.exitCode = EXIT.findings;
  }
}

class BatchAnswers {
  lines = 0;
  refused = 0;
  firstRefused = 0;
  private readonly simulator: Simulator;
  private readonly architecture: Architecture;
  /** Answers that do not depend on arguments are the same objects each time. */
  private readonly written = new WeakMap<SyscallAnswer, string>();

  constructor(simulator: Simulator, architecture: Architecture) {
    this.simulator = simulator;
    this.architecture = architecture;
  }

  answer(line: string): string {
    let question: unknown;
    try {
      question = JSON.parse(line);
    } catch {
      return this.refuse(
        line.trim() === '' ? 'this line is empty' : 'this line is not JSON: write {"arch":…,"syscall":…,"args":[…]}',
      );
    }
    if (typeof question !== 'object' || question === null || Array.isArray(question))
      return this.refuse('a question is an object: {"arch":…,"syscall":…,"args":[…]}');
    const { arch, syscall, args } = question as { arch?: unknown; syscall?: unknown; args?: unknown };
    const architecture = arch === undefined ? this.architecture : architectureFor(arch);
    if (architecture === undefined)
      return this.refuse(`"arch" is ${shown(arch)}: write one of ${ARCHITECTURES.join(', ')}`);
    const wanted = syscallOf(syscall);
    if (wanted === undefined)
      return this.refuse(
        syscall === undefined ? '"syscall" is missing' : `"syscall" is ${shown(syscall)}: write its name or its number`,
      );
    const values = argumentsOf(args);
    if (typeof values === 'string') return this.refuse(values);
    const answer = this.simulator.ask(architecture, wanted, values);
    if (answer === undefined) return this.refuse(`${architecture} has no syscall ${shown(syscall)}`);
    this.lines += 1;
    const known = this.written.get(answer);
    if (known !== undefined) return known;
    const text = `${answerJson(answer)}\n`;
    this.written.set(answer, text);
    return text;
  }

  refuse(why: string): string {
    this.lines += 1;
    this.refused += 1;
    if (this.refused === 1) this.firstRefused = this.lines;
    return `${JSON.stringify({ error: why })}\n`;
  }
}

const known: ReadonlyMap<unknown, Architecture> = new Map(ARCHITECTURES.map((name) => [name, name]));

function architectureFor(value: unknown): Architecture | undefined {
  return known.get(value) ?? (typeof value === 'string' ? architectureOf(value) : undefined);
}

function syscallOf(value: unknown): string | number | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : undefined;
  if (typeof value !== 'string' || value === '') return undefined;
  if (!/^\d/.test(value)) return value;
  return /^\d{1,10}$/.test(value) ? syscallOf(Number(value)) : undefined;
}

const NONE: readonly bigint[] = [];

/** The values, or what is wrong with them. */
function argumentsOf(value: unknown): readonly bigint[] | string {
  if (value === undefined || value === null) return NONE;
  if (!Array.isArray(value)) return `"args" is ${shown(value)}: write a list of numbers as texts, ["2","1","0"]`;
  if (value.length > 6) return `"args" has ${value.length} values: a syscall has at most six arguments`;
  const values: bigint[] = [];
  for (let index = 0; index < value.length; index += 1) {
    const one: unknown = value[index];
    const number =
      typeof one === 'string'
        ? wordOf(one)
        : typeof one === 'number' && Number.isSafeInteger(one)
          ? BigInt.asUintN(64, BigInt(one))
          : undefined;
    if (number === undefined)
      return `"args"[${index}] is ${shown(one)}: write a whole number of 64 bits as text, such as "18446744073709551615"`;
    values.push(number);
  }
  return values;
}

/** Digits alone are decimal here, with zeros before them too. */
function wordOf(text: string): bigint | undefined {
  return parseArgument(/^0\d+$/.test(text) ? text.replace(/^0+(?=\d)/, '') : text);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
