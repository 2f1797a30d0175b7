import type { Stage } from '../../profile/catalogue.js';
import { isCatalogueName } from '../../profile/logical-name.js';
import { didYouMean } from '../../text/did-you-mean.js';
import { bad, good, type Parsed, shown } from '../../text/parsed.js';
import { compileGlob, type Glob, matchesGlob } from './glob.js';
import { compilePathGlob, matchesPathGlob, type PathGlob } from './path-glob.js';

/** How a rule names the profile it assigns. */
export type ProfileReference =
  | { readonly kind: 'RuntimeDefault' }
  | { readonly kind: 'Catalogue'; readonly name: string }
  | { readonly kind: 'Localhost'; readonly path: string };

/** How a requirement or an exemption names what is allowed. */
export type ProfilePattern =
  | { readonly kind: 'RuntimeDefault' | 'Unconfined' | 'Unset' }
  | { readonly kind: 'Catalogue'; readonly glob: Glob }
  | { readonly kind: 'Localhost'; readonly glob: PathGlob; readonly text: string };

/**
 * What a container runs with, in the words of the patterns. A catalogue profile is one whatever field it came through; without a
 * stage it is at `Enforce`.
 */
export type ProfileSubject =
  | ProfileReference
  | { readonly kind: 'Catalogue'; readonly name: string; readonly stage?: Stage }
  | { readonly kind: 'Unconfined' | 'Unset' };

/** Whether it is the logging stage of a catalogue profile: its file lets through what the runtime default does, whatever the profile says. */
export function isLoggingStage(subject: ProfileSubject): boolean {
  return (
    subject.kind === 'Catalogue' && 'stage' in subject && subject.stage !== undefined && subject.stage !== 'Enforce'
  );
}

/** The folder of catalogue profiles, relative to the kubelet's seccomp folder. */
export const CATALOGUE_FOLDER = 'seccomply/';

const NAME_HELP = 'write RuntimeDefault, the lower case name of a catalogue profile, or Localhost/<path>';
const MAX_PATH = 1024;

/** Reads the `profile` of a rule, as `RuntimeDefault`, `web-static` or `Localhost/team/app.json`. */
export function parseProfileReference(text: string): Parsed<ProfileReference> {
  if (text === 'RuntimeDefault') return good({ kind: 'RuntimeDefault' });
  if (text === 'Unconfined' || text === 'Unset')
    return bad(
      `${text} cannot be assigned: it is the absence of a profile`,
      'leave the container to another rule, or write a SeccompExemption that lets it run so until a date',
    );
  if (text.startsWith('Localhost/')) return parseLocalhost(text);
  if (text.includes('*')) return bad(`a rule assigns one profile, and ${shown(text)} is a pattern`, NAME_HELP);
  return isCatalogueName(text) ? good({ kind: 'Catalogue', name: text }) : notAReference(text, NAME_HELP);
}

/** Reads one entry of `require.profiles` or `allow`: a reference, `Unconfined`, `Unset`, or a pattern over catalogue names or Localhost paths. */
export function parseProfilePattern(text: string): Parsed<ProfilePattern> {
  if (text === 'RuntimeDefault' || text === 'Unconfined' || text === 'Unset') return good({ kind: text });
  if (text.startsWith('Localhost/')) {
    const path = text.slice('Localhost/'.length);
    const components = path.split('/');
    const mixed = components.find((component) => component !== '**' && component.includes('**'));
    if (mixed !== undefined)
      return bad(
        `"**" stands for whole folders and cannot be mixed with other characters: ${shown(mixed)}`,
        'write "*" inside a name, or "**" between two "/"',
      );
    const literal = parseLocalhost(text);
    if (!literal.ok) return literal;
    return good({ kind: 'Localhost', glob: compilePathGlob(components), text: path });
  }
  if (text === '**')
    return bad(
      '"**" has no meaning for catalogue profiles',
      'write "*" for any catalogue profile, "Localhost/**" for any file',
    );
  const help =
    'write RuntimeDefault, Unconfined, Unset, a catalogue name or a pattern like "web-*", or "Localhost/team/**"';
  if (text.includes('*') && !text.includes('**') && /^[a-z0-9*-]{1,63}$/.test(text))
    return good({ kind: 'Catalogue', glob: compileGlob(text) });
  return isCatalogueName(text) ? good({ kind: 'Catalogue', glob: compileGlob(text) }) : notAReference(text, help);
}

/**
 * Whether the pattern covers what a container runs with. A Localhost pattern never covers catalogue files (below
 * `seccomply/`), and a path must be normalised before it is asked about.
 */
export function coversProfile(pattern: ProfilePattern, subject: ProfileSubject): boolean {
  switch (pattern.kind) {
    case 'Catalogue':
      return subject.kind === 'Catalogue' && matchesGlob(pattern.glob, subject.name);
    case 'Localhost':
      return (
        subject.kind === 'Localhost' &&
        !subject.path.startsWith(CATALOGUE_FOLDER) &&
        matchesPathGlob(pattern.glob, subject.path.split('/'))
      );
    default:
      return pattern.kind === subject.kind;
  }
}

export function formatProfileReference(reference: ProfileSubject): string {
  switch (reference.kind) {
    case 'Catalogue':
      return reference.name;
    case 'Localhost':
      return `Localhost/${reference.path}`;
    default:
      return reference.kind;
  }
}

export interface NormalPath {
  /** Without empty and `.` components: the file that the kubelet opens. */
  readonly path: string;
  /** Whether it was written so. */
  readonly normal: boolean;
}

/**
 * The one spelling of a `localhostProfile`, relative to the kubelet's seccomp folder. Undefined for a value that names no
 * file in it: empty, absolute, with `..` (the API server refuses the last two), or not text.
 */
export function normalizeLocalhostPath(value: unknown): NormalPath | undefined {
  if (typeof value !== 'string' || value === '' || value.startsWith('/') || value.includes('\0')) return undefined;
  const components = value.split('/');
  if (components.includes('..')) return undefined;
  const kept = components.filter((component) => component !== '' && component !== '.');
  if (kept.length === 0) return undefined;
  return { path: kept.join('/'), normal: kept.length === components.length };
}

function parseLocalhost(text: string): Parsed<ProfileReference> {
  const path = text.slice('Localhost/'.length);
  if (path === '')
    return bad(
      'there is no path behind "Localhost/"',
      "write the file below the kubelet's seccomp folder, for example Localhost/team/app.json",
    );
  if ([...path].length > MAX_PATH) return bad(`a path has at most ${MAX_PATH} characters`, 'shorten it');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what it looks for
  if (/[\u0000-\u001f\u007f]/.test(path)) return bad(`${shown(text)} has a control character`, 'remove it');
  const normal = normalizeLocalhostPath(path);
  if (normal === undefined)
    return bad(
      `${shown(text)} does not stay below the kubelet's seccomp folder`,
      'write a relative path without "..", for example Localhost/team/app.json',
    );
  if (!normal.normal)
    return bad(`${shown(text)} has an empty or "." part`, `write ${shown(`Localhost/${normal.path}`)}`);
  if (`${path}/`.startsWith(CATALOGUE_FOLDER))
    return bad(
      `${shown(text)} is in the folder of the catalogue profiles`,
      'name the catalogue profile instead, for example web-static: its path follows from its content',
    );
  return good({ kind: 'Localhost', path });
}

function notAReference(text: string, help: string): Parsed<never> {
  const meant = /^docker\/default$/i.test(text)
    ? 'RuntimeDefault'
    : didYouMean(text, ['RuntimeDefault', 'Unconfined', 'Unset']);
  const message = `${shown(text)} is not a profile reference`;
  if (meant !== undefined) return bad(message, `did you mean ${meant}?`);
  if (/^localhost/i.test(text)) return bad(message, 'write Localhost/<path>, for example Localhost/team/app.json');
  return bad(message, help);
}
