import { PROFILE_KEYS } from './decode-profile.js';

/** Whether a text is more likely YAML than JSON with mistakes. */
export function looksLikeYaml(text: string): boolean {
  const line = firstLine(text);
  if (line === '' || text.startsWith('#!')) return line === '' && text.trim() !== '';
  // Kubernetes takes objects in JSON with "---" between them.
  if (line.startsWith('{')) return text.includes('"apiVersion"') && /^---[ \t]*\r?$/m.test(text);
  return /^(?:%YAML|---(?:\s|$))/.test(line) || (YAML_KEY.test(line) && !JSON_MEMBER.test(line));
}

/** A key before a colon, maybe of a merge or with an anchor, or one behind `?`. */
const YAML_KEY = /^(?:- +)*(?:\?(?:\s|$)|(?:[&!][^\s,[\]{}]* +)*(?:"[^"]*"|'[^']*'|<<|[\w./-]+)[ \t]*:(?:\s|$))/;

/** What stands between the braces of an object in JSON. */
const JSON_MEMBER = /^"([^"]{1,60})"\s*:\s*(?:[{[]|.*,$)/;

/** Characters that are looked at. */
const HEAD = 20_000;

/** The first line that says something, without the white space around it; empty when there are comments only. */
function firstLine(text: string): string {
  for (const line of text.slice(0, HEAD).split('\n')) {
    const content = line.trim();
    if (content !== '' && !content.startsWith('#')) return content;
  }
  return '';
}

export const YAML_IS_NOT_READ = {
  code: 'SP001',
  message: 'this is YAML, and container runtimes read a profile as JSON only',
  advice: 'write it as JSON: every key and every text in double quotes, lists in [ ], objects in { }',
} as const;

/** What to say of a file that holds something else than text of a profile. */
export function otherFileKind(text: string): { readonly message: string; readonly advice: string } | undefined {
  if (text.startsWith('#!'))
    return {
      message: 'this is a script, not a profile',
      advice: 'give the JSON file that holds the profile: { "defaultAction": … }',
    };
  if (text.startsWith('\u007fELF'))
    return { message: 'this is a program, not a profile', advice: 'give the JSON file that holds the profile' };
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text.slice(0, 200)))
    return {
      message: 'this is a web page, not a profile',
      advice: 'download the raw file: on code hosting sites that is the button "Raw"',
    };
  const line = firstLine(text);
  const key = JSON_MEMBER.exec(line)?.[1];
  if (key !== undefined) return memberAlone(key);
  if (/^(?:\[(?!(?:true|false|null)\])[A-Za-z][^[\]{},:]*\]|[A-Za-z][\w.-]* *= .*)$/.test(line))
    return {
      message: 'this is a file of settings (TOML or INI), and no profile',
      advice: 'give the file that the setting names, such as seccomp_profile in containers.conf',
    };
  if (text.slice(0, 16).includes('\0'))
    return { message: 'this file is not UTF-8 text (it looks like UTF-16)', advice: 'save the file as UTF-8' };
  if (text.slice(0, 16).includes('\ufffd'))
    return { message: 'this file is not text', advice: 'give the JSON file that holds the profile, unpacked' };
  return undefined;
}

function memberAlone(key: string): { readonly message: string; readonly advice: string } {
  const shown = JSON.stringify(key);
  return {
    message: `this is the member ${shown} of an object, without the object around it`,
    advice: (PROFILE_KEYS as readonly string[]).includes(key)
      ? 'write { before it and } behind the last one'
      : `the profile is what stands behind ${shown}: write only that into the file, from its { to its }`,
  };
}
