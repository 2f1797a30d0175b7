/** For JSON.stringify: numbers of 64 bits as decimal texts. */
export function bigintsAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
