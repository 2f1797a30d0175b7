import type { DocumentNode } from '../../document/document-node.js';
import { shortened } from '../../text/quoted.js';
import type { Report } from './profile-mistake.js';

/** What a value is, for the end of "this is …". */
export function describeNode(node: DocumentNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object';
    case 'array':
      return 'a list';
    case 'string':
      return `the text ${JSON.stringify(shortened(node.value, 60))}`;
    case 'number':
      return shortened(node.text, 60);
    case 'literal':
      return String(node.value);
  }
}

/** `expected`: what the value must be, with an example behind a colon. */
export function reportKind(node: DocumentNode, path: string, code: string, expected: string, report: Report): void {
  report({
    offset: node.offset,
    path,
    code,
    message: `this must be ${expected.split(':')[0]}, it is ${describeNode(node)}`,
    advice: `write ${expected}`,
  });
}
