/** `a`, `a and b`, `a, b and c`, `a, b, c and 12 more`. */
export function listed(names: readonly string[], most = 8): string {
  if (names.length > most + 1) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `1 rule`, `2 rules`; `many` where the plural is another one: `2 policies`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `is` or `are`, `it` or `them`, by number. */
export function byNumber(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

/** With a capital letter first. */
export function capitalized(text: string): string {
  return text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}
