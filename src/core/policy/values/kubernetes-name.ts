import { bad, good, type Parsed, shown } from '../../text/parsed.js';

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const NAME_PART = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** RFC 1123 label, at most 63 characters: names of namespaces and containers. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text);
}

/** RFC 1123 subdomain, at most 253 characters: names of most objects. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => LABEL.test(part));
}

/** The name of a policy or an exemption, by the rules of the API server. */
export function parseObjectName(text: string): Parsed<string> {
  if (isDnsSubdomain(text)) return good(text);
  if (text.length > 253) return bad('a name has at most 253 characters', 'shorten it');
  const suggestion = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/[-.]*\.[-.]*/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '');
  return bad(
    `${shown(text)} is not a name that Kubernetes takes`,
    `use lower case letters, digits, "-" and ".", with a letter or digit at both ends${suggestion === '' ? '' : `, for example ${shown(suggestion)}`}`,
  );
}

/** `app` or `example.com/app`: the key of a label. */
export function parseLabelKey(text: string): Parsed<string> {
  const parts = text.split('/');
  const name = parts[parts.length - 1] ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const wellFormed =
    parts.length <= 2 &&
    name.length <= 63 &&
    NAME_PART.test(name) &&
    (prefix === undefined || (prefix !== '' && isDnsSubdomain(prefix)));
  if (wellFormed) return good(text);
  return bad(
    `${shown(text)} is not a label key`,
    'a key is `name` or `example.com/name`; the name has at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends',
  );
}

/** The value of a label; it may be empty. */
export function parseLabelValue(text: string): Parsed<string> {
  if (text === '' || (text.length <= 63 && NAME_PART.test(text))) return good(text);
  return bad(
    `${shown(text)} is not a label value`,
    'a value has at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends; labels have no wildcards',
  );
}
