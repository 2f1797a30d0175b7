import type { NodeDocument } from '../../document/node-document.js';

/** `{{ .Values.x }}` of Helm and others, `{% if x %}`. */
const TEMPLATE = /\{\{-?\s*(?:[.$]|\/\*|[a-z])|\{%/i;

/** Of a text with mistakes that is a template: this one thing is said of it instead, since what it will be is not known. */
export function orTemplate(text: string, documents: readonly NodeDocument[]): readonly NodeDocument[] {
  if (!documents.some(({ problems }) => problems.some(({ code }) => code === 'SP001'))) return documents;
  const found = TEMPLATE.exec(text);
  if (found === null) return documents;
  const problem = {
    code: 'SP001',
    offset: found.index,
    message: 'this is a template: what a program will make of it is not known here',
    advice: 'render it first, and give what comes out: helm template CHART | seccomply profile lint -',
  } as const;
  return [{ root: undefined, problems: [problem] }];
}
