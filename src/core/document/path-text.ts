/** A path through a document as text: `spec.assign[0]["odd key"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) text = typeof step === 'number' ? `${text}[${step}]` : memberPath(text, String(step));
  return text;
}

/** `a`, `a.b`, `a["odd key"]`: the path to a member of `parent`. */
export function memberPath(parent: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** The steps of a path: `spec.assign[0].images` is `['spec', 'assign', 0, 'images']`. */
export function stepsOf(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const [step, quoted, index] of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|[^.[\]]+/g)) {
    if (index !== undefined) steps.push(Number(index));
    else steps.push(quoted === undefined ? step : (JSON.parse(`"${quoted}"`) as string));
  }
  return steps;
}
