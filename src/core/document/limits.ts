// How much of a document is read. Whoever writes a file or an object decides how large and how deep it is, and reading it must
// neither fill the memory nor the stack: docs/reference/sizing.md lists these figures.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Maps and lists inside each other, in policies, objects and settings. A Kubernetes object has about twenty. */
export const MAX_LEVELS = 100;
/** The same in a profile, which has five. */
export const MAX_PROFILE_LEVELS = 64;
/** Bytes of a file of policies or objects. What `kubectl get … -o json` prints for 100,000 policies is half of this. */
export const MAX_FILE = 128 * MIB;
/** Characters of one document in the plain part of YAML, which leaves nothing behind but its values. */
export const MAX_PLAIN_YAML = 32 * MIB;
/** Characters of one document that needs the whole of YAML: it is read into a tree of about a hundred times its size. */
export const MAX_YAML = 2 * MIB;
/** Characters of a document in which problems are placed by reading it once more; in a larger one they stand at its start. */
export const MAX_PLACED = 64 * KIB;
/** Bytes of a file with a profile. */
export const MAX_PROFILE_FILE = 4 * MIB;
/** Characters of a profile in an object of a cluster, which processes read that have others to answer. */
export const MAX_PROFILE_OBJECT = 256 * KIB;
/** Bytes of a file of settings. */
export const MAX_SETTINGS_FILE = 64 * KIB;
/** Bytes of a kubeconfig, of a file of certificates or of a key. */
export const MAX_SMALL_FILE = MIB;

/** `64 KiB`, `2 MiB`. */
export function sizeText(bytes: number): string {
  return bytes < MIB ? `${bytes / KIB} KiB` : `${bytes / MIB} MiB`;
}
