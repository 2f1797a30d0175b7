import { z } from 'zod';
import { parseGlob } from './glob.js';
import { parseImagePattern } from './image-pattern.js';
import type { Parsed } from './parsed.js';
import { parseProfilePattern, parseProfileReference } from './profile-reference.js';

/** A problem code and an advice travel with a zod issue in its `params`. */
export interface IssueParams {
  readonly problem: string;
  readonly advice: string;
}

/** A text that a parser of ours must accept. JSON Schema and the CRD see only the length. */
export function parsedText(problem: string, maxLength: number, parse: (text: string) => Parsed<unknown>) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .superRefine((text, context) => {
      if (text === '') return;
      const result = parse(text);
      if (result.ok) return;
      const params: IssueParams = { problem, advice: result.advice };
      context.addIssue({ code: 'custom', message: result.message, params });
    });
}

/** A list of alternatives: an empty one would match nothing, so it is refused. */
export function alternatives<Item extends z.ZodType>(item: Item, maxItems: number) {
  return z.array(item).min(1).max(maxItems);
}

const NAME = /[a-z0-9-]/;
const DOTTED_NAME = /[a-z0-9.-]/;

export const namespacePattern = parsedText('PD011', 63, (text) => parseGlob(text, 'namespace', NAME));
export const containerPattern = parsedText('PD011', 63, (text) => parseGlob(text, 'container', NAME));
export const runtimeClassPattern = parsedText('PD011', 253, (text) => parseGlob(text, 'runtime class', DOTTED_NAME));
export const serviceAccountPattern = parsedText('PD011', 317, parseServiceAccountPattern);
export const imagePattern = parsedText('PD010', 1024, parseImagePattern);
export const profileReference = parsedText('PD013', 1034, parseProfileReference);
export const profilePattern = parsedText('PD013', 1034, parseProfilePattern);

export const containerTypes = z.enum(['Container', 'Sidecar', 'Init', 'Ephemeral']);

function parseServiceAccountPattern(text: string): Parsed<unknown> {
  const parts = text.split('/');
  const [namespace, name] = parts;
  if (parts.length !== 2 || namespace === undefined || name === undefined)
    return {
      ok: false,
      message: `${JSON.stringify(text)} does not name a service account: it needs a namespace and a name`,
      advice:
        parts.length === 1
          ? `write ${JSON.stringify(`*/${text}`)} for any namespace`
          : 'write namespace/name, with exactly one "/"',
    };
  const first = parseGlob(namespace, 'namespace', NAME);
  return first.ok ? parseGlob(name, 'service account', DOTTED_NAME) : first;
}
