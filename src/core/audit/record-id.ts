/** Hexadecimal digits that an id needs besides its time. */
export const randomDigits = 19;

/** A UUID version 7 (RFC 9562 §5.7): sortable by its time. `random`: that many lower-case hexadecimal digits. */
export function recordIdOf(milliseconds: number, random: string): string {
  const time = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0');
  // Of the first digit only two bits are random, the other two say that it is such a UUID.
  const variant = ((Number.parseInt(random.slice(0, 1), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(4, 7)}-${random.slice(7)}`;
}
