/** Of the last second that was asked for; records of a flood share one. */
let second = Number.NaN;
let secondText = '';

/** `2026-11-24T09:57:22.123456Z` from microseconds since 1970. */
export function formatMicroseconds(microseconds: number): string {
  const whole = Math.floor(microseconds / 1_000_000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1000).toISOString().slice(0, -'000Z'.length);
  }
  return `${secondText}${String(microseconds - whole * 1_000_000).padStart(6, '0')}Z`;
}
