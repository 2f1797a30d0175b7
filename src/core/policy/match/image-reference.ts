/**
 * What an `image:` field says, by the grammar of image references that container runtimes document.
 * `named`: an image in a registry. `id`: a bare image id. `invalid`: no runtime could pull this.
 */
export type ImageReference = NamedImage | ImageId | InvalidImage;

export interface NamedImage {
  readonly kind: 'named';
  /** Lower case, with its port: `docker.io`, `registry.example.com:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Without the registry: `library/nginx`. */
  readonly repository: string;
  /** `latest` when neither a tag nor a digest is written; absent when only a digest is. */
  readonly tag?: string;
  /** `sha256:<hex>`. */
  readonly digest?: string;
}

export interface ImageId {
  readonly kind: 'id';
  readonly digest: string;
}

export interface InvalidImage {
  readonly kind: 'invalid';
  readonly reason: string;
}

const MAX_LENGTH = 1024;
const MAX_REPOSITORY = 255;
const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;

/** Clusters run the same images again and again. */
const recent = new Map<string, ImageReference>();
const MOST_RECENT = 1_024;

/** Reads an image reference; never throws, and takes time in proportion to the (bounded) text. */
export function parseImageReference(text: string): ImageReference {
  const known = recent.get(text);
  if (known !== undefined) return known;
  const image = parsed(text);
  if (text.length <= MAX_LENGTH) {
    if (recent.size >= MOST_RECENT) recent.clear();
    recent.set(text, image);
  }
  return image;
}

function parsed(text: string): ImageReference {
  if (text === '') return invalid('it is empty');
  if (text.length > MAX_LENGTH) return invalid(`it has more than ${MAX_LENGTH} characters`);
  if (/^[a-f0-9]{64}$/.test(text)) return { kind: 'id', digest: `sha256:${text}` };
  if (/^sha256:[a-f0-9]{64}$/.test(text)) return { kind: 'id', digest: text };

  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest))
    return invalid('its digest is not sha256: and 64 lower case hexadecimal digits');
  const beforeDigest = at < 0 ? text : text.slice(0, at);

  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
  const writtenTag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  if (writtenTag !== undefined && !TAG.test(writtenTag)) return invalid('its tag is not one');
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);

  const { registry, repository } = splitRegistry(name);
  if (!DOMAIN.test(registry)) return invalid('its registry is not a host name');
  if (repository.length > MAX_REPOSITORY) return invalid(`its repository has more than ${MAX_REPOSITORY} characters`);
  if (!repository.split('/').every((component) => PATH_COMPONENT.test(component)))
    return invalid(
      /[A-Z]/.test(repository) ? 'a repository is written in lower case' : 'its repository is not a path of names',
    );
  const tag = writtenTag ?? (digest === undefined ? 'latest' : undefined);
  return {
    kind: 'named',
    registry: registry.toLowerCase(),
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Whether the first component of a name with a `/` is a registry; `localhost` and an upper case letter count too, as for the runtimes. */
export function isRegistry(component: string): boolean {
  return /[.:]/.test(component) || component === 'localhost' || component !== component.toLowerCase();
}

/** `docker.io/library/nginx`: registry and repository, the name under which rules are filed. */
export function imageName(image: NamedImage): string {
  return `${image.registry}/${image.repository}`;
}

/** The whole reference, defaults written out: `docker.io/library/nginx:latest`. */
export function formatImage(image: ImageReference): string | undefined {
  if (image.kind === 'invalid') return undefined;
  if (image.kind === 'id') return image.digest;
  const tag = image.tag === undefined ? '' : `:${image.tag}`;
  return `${imageName(image)}${tag}${image.digest === undefined ? '' : `@${image.digest}`}`;
}

function splitRegistry(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (slash < 0 || !isRegistry(first)) return onDockerHub(name);
  const registry = first.toLowerCase() === 'index.docker.io' ? 'docker.io' : first;
  const repository = name.slice(slash + 1);
  return registry.toLowerCase() === 'docker.io' ? onDockerHub(repository) : { registry, repository };
}

function onDockerHub(repository: string): { readonly registry: string; readonly repository: string } {
  return { registry: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` };
}

function isDigest(text: string): boolean {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(0, colon));
  const hex = text.slice(colon + 1);
  return (
    Object.hasOwn(DIGEST_LENGTHS, algorithm) && hex.length === DIGEST_LENGTHS[algorithm] && /^[a-f0-9]+$/.test(hex)
  );
}

function invalid(reason: string): InvalidImage {
  return { kind: 'invalid', reason };
}
