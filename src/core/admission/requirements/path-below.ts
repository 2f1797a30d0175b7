/** As the kernel has it (PATH_MAX): what is longer is no path, and is cut between two components. */
const LONGEST_PATH = 4_096;

/**
 * A path below a folder (`/a/b`, empty for the root), without empty, `.` and `..` components. Reads all of `path`, since runtimes shorten
 * `//` and `/./` before the kernel sees it, in time in proportion to it, and keeps no more than a path can have.
 */
export function pathBelow(folder: string, path: string): string {
  const { up, down } = cleaned(path);
  let end = folder.length;
  for (let left = up; left > 0 && end > 0; left -= 1) end = folder.lastIndexOf('/', end - 1);
  return folder.slice(0, end) + down;
}

interface CleanPath {
  /** How many folders above its start it leads first. */
  readonly up: number;
  /** `/a/b`, or empty. */
  readonly down: string;
}

function cleaned(path: string): CleanPath {
  const kept: string[] = [];
  let length = 0;
  let beyond = 0;
  let up = 0;
  for (let start = 0; start < path.length; ) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    const dots = dotsIn(path, start, end);
    if (dots === 2) {
      if (beyond > 0) beyond -= 1;
      else if (kept.length === 0) up += 1;
      else length -= 1 + (kept.pop()?.length ?? 0);
    } else if (end > start && dots === 0) {
      if (beyond > 0 || length + 1 + end - start > LONGEST_PATH) beyond += 1;
      else {
        kept.push(path.slice(start, end));
        length += 1 + end - start;
      }
    }
    start = end + 1;
  }
  return { up, down: kept.length === 0 ? '' : `/${kept.join('/')}` };
}

/** 1 for `.`, 2 for `..`, 0 for any other component. */
function dotsIn(path: string, start: number, end: number): number {
  const length = end - start;
  if (length === 0 || length > 2 || path[start] !== '.' || path[end - 1] !== '.') return 0;
  return length;
}
