import type { Catalogue, Stage } from '../../profile/catalogue.js';
import { matchesGlob } from '../match/glob.js';
import { type ProfilePattern, parseProfilePattern } from '../match/profile-reference.js';
import { and, celOneOf, celText, escapePattern, not, or } from './cel.js';
import { pathExpression } from './cel-image.js';

/** Something that an admission policy cannot say. */
export interface ExportGap {
  /** `SeccompPolicy restricted`, `built-in`, or the whole set. */
  readonly document: string;
  /** `spec.require.hostAccess`; absent where it is the whole document. */
  readonly path?: string;
  readonly why: string;
  /** Whether what is exported refuses less than the webhook, refuses more, or leaves a change out. */
  readonly effect: 'refuses less' | 'refuses more' | 'assigns less';
}

/** Whether the compiled form of the profile depends on what a container adds: then its path does, too. */
export function asksForCapabilities(catalogue: Catalogue, name: string): boolean {
  return catalogue.pathOf(name, 'Enforce', ['ALL']) !== catalogue.pathOf(name, 'Enforce', []);
}

export interface CoverOptions {
  readonly catalogue: Catalogue;
  /** Catalogue names that some rule assigns at a stage that logs: their files may be there. */
  readonly staged: ReadonlySet<string>;
  /** Keeps of the profiles and their stages those that a ceiling lets through. */
  readonly isAllowed?: (name: string, stage: Stage) => boolean;
}

// An empty or "." component (the kubelet opens the same file as without it) or "..": never what was meant.
export const NOT_NORMAL = '^Localhost(?:/[^/]+)*/(?:\\.\\.?)?(?:/|$)';

/** Whether what a field says is covered by one of these patterns (`require.profiles`, `allow`). `text` is an expression of CEL. */
export function celCovers(text: string, patterns: readonly string[], options: CoverOptions): string {
  const parsed = patterns.flatMap((pattern) => {
    const result = parseProfilePattern(pattern);
    return result.ok ? [result.value] : [];
  });
  const foreign = parsed.flatMap((pattern) =>
    pattern.kind === 'Localhost' ? [`Localhost/${pathExpression(pattern.glob, '[^/]')}`] : [],
  );
  const own = parsed.flatMap((pattern) => expressionsOf(pattern, options));
  return and(
    or(
      own.length === 0 ? 'false' : celOneOf(text, own),
      foreign.length === 0 ? 'false' : and(celOneOf(text, foreign), `!${text}.matches('^Localhost/seccomply(?:/|$)')`),
    ),
    not(`${text}.matches(${celText(NOT_NORMAL)})`),
  );
}

function expressionsOf(pattern: ProfilePattern, options: CoverOptions): readonly string[] {
  const { catalogue, staged, isAllowed } = options;
  switch (pattern.kind) {
    case 'Localhost':
      return [];
    case 'Catalogue':
      return catalogue
        .names()
        .filter((name) => matchesGlob(pattern.glob, name))
        .flatMap((name) => {
          const stages = staged.has(name) ? EVERY_STAGE : (['Enforce'] as const);
          const allowed = stages.filter(
            (stage) =>
              !(stage === 'Enforce' && isUnconfined(catalogue, name)) &&
              (isAllowed === undefined || isAllowed(name, stage)),
          );
          // Under a path that depends on capabilities the stages cannot be told apart.
          return asksForCapabilities(catalogue, name) && allowed.length < stages.length
            ? []
            : pathsOf(catalogue, name, allowed);
        });
    case 'Unconfined':
      return [
        pattern.kind,
        ...catalogue
          .names()
          .filter((name) => isUnconfined(catalogue, name))
          .flatMap((name) => pathsOf(catalogue, name, ['Enforce'])),
      ];
    default:
      return [pattern.kind];
  }
}

const EVERY_STAGE: readonly Stage[] = ['Enforce', 'Complain', 'Record'];

/** Whether the profile counts as Unconfined, but for its logging stages where a rule assigns them. */
export function isUnconfined(catalogue: Catalogue, name: string): boolean {
  return catalogue.get(name)?.refusesNothing === true;
}

/** The fields under which a catalogue profile may stand, as regular expressions. */
function pathsOf(catalogue: Catalogue, name: string, stages: readonly Stage[]): readonly string[] {
  if (asksForCapabilities(catalogue, name)) return [`Localhost/seccomply/${escapePattern(name)}\\.[0-9a-f]{32}\\.json`];
  return stages.flatMap((stage) => {
    const path = catalogue.pathOf(name, stage, []);
    return path === undefined ? [] : [`Localhost/${escapePattern(path)}`];
  });
}
