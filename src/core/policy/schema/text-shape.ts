/**
 * What a parser of ours accepts, as regular expressions that JSON Schema (ECMA-262) and the API server (RE2) read alike. Exact:
 * a text of at most `maxLength` characters that matches `pattern` and not `not` is one that the parser accepts, and no other is.
 */
export interface TextShape {
  readonly pattern: string;
  readonly not?: string;
  /** What it must be, as an API server says it. */
  readonly must: string;
}

const CATALOGUE_NAME = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const NAME_PART = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';

/** No empty component and no control character; `NOT_LOCALHOST`: no `.` and `..`, and not the folder of the catalogue. */
const LOCALHOST = 'Localhost(?:/[^/\\x00-\\x1f\\x7f]+)+';
const NOT_LOCALHOST = '/\\.\\.?(?:/|$)|^Localhost/seccomply(?:/|$)';

export const namespaceShape = globShape(
  'a-z0-9-',
  'the name of a namespace, where a single * stands for any characters',
);
export const containerShape = globShape(
  'a-z0-9-',
  'the name of a container, where a single * stands for any characters',
);
export const runtimeClassShape = globShape(
  'a-z0-9.-',
  'the name of a runtime class, where a single * stands for any characters',
);

export const serviceAccountShape: TextShape = {
  pattern: '^[a-z0-9*-]{1,63}/[a-z0-9.*-]{1,253}$',
  not: '\\*\\*',
  must: 'namespace/name of a service account, where a single * stands for any characters: shop/*',
};

export const objectNameShape: TextShape = {
  pattern: `^${LABEL}(?:\\.${LABEL})*$`,
  must: 'a name that Kubernetes takes: lower case letters, digits, "-" and "."',
};

export const policyNameShape: TextShape = { ...objectNameShape, must: 'the name of one policy, or built-in' };

export const labelKeyShape: TextShape = {
  pattern: `^(?:${LABEL}(?:\\.${LABEL})*/)?${NAME_PART}$`,
  not: '^[^/]{254,}/|(?:^|/)[^/]{64,}$',
  must: 'the key of a label: name or example.com/name',
};

export const labelValueShape: TextShape = {
  pattern: `^(?:${NAME_PART})?$`,
  must: 'the value of a label: at most 63 letters, digits, "-", "_" and "."',
};

export const ruleNameShape: TextShape = {
  pattern: '^[\\p{L}\\p{N}](?:[\\p{L}\\p{N} ._/-]*[\\p{L}\\p{N}])?$',
  not: '^[0-9]+$',
  must: 'letters, digits, blanks, ".", "_", "/" and "-", with a letter or digit at both ends, and not a number',
};

export const profileReferenceShape: TextShape = {
  pattern: `^(?:RuntimeDefault|${CATALOGUE_NAME}|${LOCALHOST})$`,
  not: NOT_LOCALHOST,
  must: 'RuntimeDefault, the lower case name of a catalogue profile, or Localhost/<path>',
};

const PROFILE_PATTERN = `RuntimeDefault|Unconfined|Unset|${CATALOGUE_NAME}|[a-z0-9-]*\\*[a-z0-9*-]*|${LOCALHOST}`;

export const profilePatternShape: TextShape = {
  pattern: `^(?:${PROFILE_PATTERN})$`,
  not: `${NOT_LOCALHOST}|[^/]\\*\\*|\\*\\*[^/]|^\\*\\*$|^[a-z0-9*-]{64}`,
  must: 'RuntimeDefault, Unconfined, Unset, a catalogue name or a pattern like web-*, or Localhost/team/**',
};

export const exemptionPatternShape: TextShape = {
  ...profilePatternShape,
  pattern: `^(?:Privileged|HostAccess|${PROFILE_PATTERN})$`,
  must: `Privileged, HostAccess, ${profilePatternShape.must}`,
};

export const ceilingShape: TextShape = {
  pattern: `^(?:RuntimeDefault|${CATALOGUE_NAME})$`,
  must: 'RuntimeDefault or the name of a catalogue profile',
};

export const imagePatternShape: TextShape = imageShape();

export const timeShape: TextShape = {
  pattern: `^(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$`,
  must: 'a time with its time zone, such as 2027-01-31T00:00:00Z',
};

/** Some character that is not white space, in the sense of `String.prototype.trim`. */
export const sentenceShape: TextShape = {
  pattern: '[^\\t-\\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]',
  must: 'filled in',
};

function globShape(characters: string, must: string): TextShape {
  return { pattern: `^[*${characters}]+$`, not: '\\*\\*', must };
}

function imageShape(): TextShape {
  const part = '(?:[a-z0-9*]+(?:(?:[._]|__|-+)[a-z0-9*]+)*)';
  // What has a "." is read as a registry when more follows, so a first part without a registry has none.
  const firstPart = '(?:[a-z0-9*]+(?:(?:__?|-+)[a-z0-9*]+)*)';
  const registry = '[A-Za-z0-9.*:\\[\\]-]*[.:A-Z][A-Za-z0-9.*:\\[\\]-]*';
  const name = `(?:(?<registry>${registry})|${firstPart})(?:/${part})+|${part}`;
  const tag = '[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,127}';
  const anyDigest = '[a-z0-9]*\\*[a-z0-9*]*(?::[a-z0-9*]*)?|[a-z0-9]+:[a-z0-9]*\\*[a-z0-9*]*';
  const digest = `sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}|${anyDigest}`;
  return {
    pattern: `^(?<name>${name})(?::(?<tag>${tag}))?(?:@(?<digest>${digest}))?$`,
    // "**" stands for whole parts of the name; a bare image id is none.
    not: '[^/]\\*\\*|\\*\\*[^/:@]|\\*\\*:[^@]*/|^(?:sha256:)?[a-f0-9]{64}$',
    must: 'an image with * inside a part and ** for whole parts of its name: nginx:1.*, ghcr.io/acme/**, app@sha256:*',
  };
}
