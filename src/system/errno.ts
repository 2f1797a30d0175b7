/** The `code` of a system error (`ENOENT`, `EACCES`, …); undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** What a thrown thing says. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** What a system error means for a path, in words that fit behind "cannot be read: "; the system's own where there are none. */
export function fileTrouble(error: unknown): string {
  return words[errnoOf(error) ?? ''] ?? messageOf(error);
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder, and a file is wanted',
  ENOTDIR: 'a part of the path is a file, and a folder is wanted',
  EEXIST: 'a part of the path is a file, and a folder is wanted',
  ENOSPC: 'the disk is full',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
};
