/** Text that came from a file or a request, made safe for a terminal: one line, without control characters. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => (character === '\n' || character === '\t' ? ' ' : '\uFFFD'));
}

/** The same for every text in plain data. */
export function printableData<T>(data: T): T {
  if (typeof data === 'string') return printable(data) as T;
  if (Array.isArray(data)) return data.map(printableData) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [printable(key), printableData(value)])) as T;
}
