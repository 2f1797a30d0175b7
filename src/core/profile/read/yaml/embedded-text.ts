import type { StringNode } from '../../../document/document-node.js';
import { SourceText } from '../../../document/source-text.js';
import type { Place } from '../../../problem/problem.js';
import { shortened } from '../../../text/quoted.js';
import type { Places } from '../profile-of-text.js';

/**
 * The places of a text that is a value in another one. In a literal block of YAML (`|`) each has its own line; in a value with escapes
 * all are where the value starts. `path`: of the value.
 */
export function embeddedText(node: StringNode, path: string, outerText: string, outer: SourceText): Places {
  const start = outer.position(node.offset);
  const isLiteral = outerText[node.offset] === '|';
  const inner = isLiteral ? new SourceText(node.value) : undefined;
  const indent = isLiteral ? indentation(outerText, node.offset) : 0;
  return {
    mayBeNotUtf8: node.value.includes('\ufffd'),
    placeAt(offset, innerPath = ''): Place {
      const place = outer.placeAt(node.offset, shortened(innerPath === '' ? path : joined(path, innerPath), 300));
      if (inner === undefined) return place;
      const { line, column } = inner.position(offset);
      return { ...place, line: start.line + line, column: indent + column };
    },
  };
}

function joined(path: string, inner: string): string {
  return inner.startsWith('[') ? `${path}${inner}` : `${path}.${inner}`;
}

/** Of the first line behind the header that is not empty. */
function indentation(text: string, header: number): number {
  return /^[^\n]*\n(?:[ \t\r]*\n)*( *)/.exec(text.slice(header, header + 10_000))?.[1]?.length ?? 0;
}
