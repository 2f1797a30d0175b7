/** A name or value as it is shown in a message: one line, in double quotes, cut when long. */
export function quoted(text: string, limit = 64): string {
  return JSON.stringify(shortened(text, limit)).replace(/[\u007f-\u009f\u2028\u2029]/g, ' ');
}

/** One line, cut when long, without quotes. */
export function oneLine(text: string, limit = 160): string {
  return quoted(text, limit).slice(1, -1).replaceAll('\\"', '"');
}

/** At most `limit` UTF-16 code units, never half a character. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = limit - 1;
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}…`;
}

/** `"a", "b" and 3 more`. */
export function quotedList(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => quoted(name));
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}
