import type { Parsed } from '../../text/parsed.js';
import { bad, good, shown } from '../../text/parsed.js';

// As Go reads it, and so the API server: capital letters, and no hour 24.
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** An RFC 3339 time with its zone, as milliseconds since 1970. */
export function parseTime(text: string): Parsed<number> {
  const time = Date.parse(text);
  const day = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
  if (day !== null && (Number(day[2]) < 1 || Number(day[2]) > 12))
    return bad(`there is no such day: ${shown(text)}`, 'months go from 01 to 12');
  const daysInMonth = day === null ? 31 : new Date(Date.UTC(Number(day[1]), Number(day[2]), 0)).getUTCDate();
  if (day !== null && Number(day[3]) > daysInMonth)
    return bad(`there is no such day: ${shown(text)}`, `that month has ${daysInMonth} days`);
  if (DATE_TIME.test(text) && Number.isFinite(time)) return good(time);
  const date = day !== null && Number.isFinite(Date.parse(day[0])) ? day[0] : '2027-01-31';
  return bad(`${shown(text)} is not a time with a time zone`, `write ${date}T00:00:00Z`);
}
