/** Whether a text is more likely YAML than JSON with mistakes. */
export function looksLikeYaml(text: string): boolean {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const head = text.slice(start, start + 20_000);
  const first = head.trimStart()[0];
  if (first === undefined || '{["'.includes(first) || first === '/' || first === '<') return false;
  return /^(?:%YAML|---\s*$|(?:apiVersion|kind|metadata|spec|defaultAction|syscalls|architectures)[ \t]*:)/m.test(head);
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
  if (text.slice(0, 16).includes('\0'))
    return { message: 'this file is not UTF-8 text (it looks like UTF-16)', advice: 'save the file as UTF-8' };
  if (text.slice(0, 16).includes('\ufffd'))
    return { message: 'this file is not text', advice: 'give the JSON file that holds the profile, unpacked' };
  return undefined;
}
