/** Text that came from a file or a request, made safe for a terminal: one line, without control characters. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => (character === '\n' || character === '\t' ? ' ' : '\uFFFD'));
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
