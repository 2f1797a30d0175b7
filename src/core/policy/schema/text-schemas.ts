import { z } from 'zod';
import type { Parsed } from '../../text/parsed.js';
import { parseExemptionPattern } from '../match/exemption-pattern.js';
import { parseGlob } from '../match/glob.js';
import { parseImagePattern } from '../match/image-pattern.js';
import { parseProfilePattern, parseProfileReference } from '../match/profile-reference.js';
import {
  containerShape,
  exemptionPatternShape,
  imagePatternShape,
  namespaceShape,
  profilePatternShape,
  profileReferenceShape,
  runtimeClassShape,
  serviceAccountShape,
  type TextShape,
} from './text-shape.js';

/** A problem code and an advice travel with a zod issue in its `params`. */
export interface IssueParams {
  readonly problem: string;
  readonly advice: string;
}

/** A text that a parser of ours must accept; `shape` says the same to JSON Schema and to the API server. */
export function parsedText(
  problem: string,
  maxLength: number,
  shape: TextShape,
  parse: (text: string) => Parsed<unknown>,
) {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      if (text === '' || isTooLong(text, maxLength, context)) return;
      const result = parse(text);
      if (result.ok) return;
      const params: IssueParams = { problem, advice: result.advice };
      context.addIssue({ code: 'custom', message: result.message, params });
    })
    .meta(shapeMeta(maxLength, shape));
}

/** A text for people. Characters are counted as the API server counts them, not in units of UTF-16. */
export function boundedText(maxLength: number) {
  return z
    .string()
    .superRefine((text, context) => void isTooLong(text, maxLength, context))
    .meta({ maxLength });
}

/** What JSON Schema says of a text with this shape. */
export function shapeMeta(maxLength: number, { pattern, not, must }: TextShape) {
  return {
    maxLength,
    pattern,
    ...(not === undefined ? {} : { not: { pattern: not } }),
    'x-must': must,
  };
}

export function isTooLong(text: string, maxLength: number, context: z.core.$RefinementCtx<string>): boolean {
  // A character has at most two units.
  if (text.length <= maxLength || (text.length <= 2 * maxLength && [...text].length <= maxLength)) return false;
  context.addIssue({ code: 'too_big', origin: 'string', maximum: maxLength, inclusive: true, input: text });
  return true;
}

/** A list of alternatives: an empty one would match nothing, so it is refused. */
export function alternatives<Item extends z.ZodType>(item: Item, maxItems: number) {
  return z.array(item).min(1).max(maxItems);
}

const NAME = /[a-z0-9-]/;
const DOTTED_NAME = /[a-z0-9.-]/;

export const namespacePattern = parsedText('PD011', 63, namespaceShape, (text) => parseGlob(text, 'namespace', NAME));
export const containerPattern = parsedText('PD011', 63, containerShape, (text) => parseGlob(text, 'container', NAME));
export const runtimeClassPattern = parsedText('PD011', 253, runtimeClassShape, (text) =>
  parseGlob(text, 'runtime class', DOTTED_NAME),
);
export const serviceAccountPattern = parsedText('PD011', 317, serviceAccountShape, parseServiceAccountPattern);
export const imagePattern = parsedText('PD010', 1024, imagePatternShape, parseImagePattern);
export const profileReference = parsedText('PD013', 1034, profileReferenceShape, parseProfileReference);
export const profilePattern = parsedText('PD013', 1034, profilePatternShape, parseProfilePattern);

export const exemptionPattern = parsedText('PD013', 1034, exemptionPatternShape, parseExemptionPattern);

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
  if (namespace.length > 63)
    return { ok: false, message: 'the name of a namespace has at most 63 characters', advice: 'shorten it' };
  const first = parseGlob(namespace, 'namespace', NAME);
  return first.ok ? parseGlob(name, 'service account', DOTTED_NAME) : first;
}
