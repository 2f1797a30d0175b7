import { randomUUID } from 'node:crypto';
import jsonPatch, { type Operation } from 'fast-json-patch';

type Json = Record<string, unknown>;

export interface StoredObject extends Json {
  readonly metadata: Json & {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

/** Where objects of a kind are: its address without a namespace, e.g. `/api/v1/pods`; and which of them. */
export interface ObjectPlace {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: StoredObject;
  /** For selectors: an object that no longer matches is a deleted one to who watches. */
  readonly before: StoredObject | undefined;
  readonly version: number;
}

export interface WriteContext {
  readonly manager: string;
  readonly subresource: string | undefined;
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** A refusal in the API server's form: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly Json[];

  constructor(status: number, reason: string, message: string, causes: readonly Json[] = []) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}

/** What an API server keeps: objects, one version for all of them that goes up with every write, and what happened. */
export class FakeObjects {
  readonly #objects = new Map<string, StoredObject>();
  /** By object and manager: the fields that server-side apply has given to it, as JSON pointers. */
  readonly #owned = new Map<string, Map<string, ReadonlyMap<string, unknown>>>();
  readonly #events: ObjectEvent[] = [];
  readonly #onEvent: (event: ObjectEvent) => void;
  #version = 100;
  #forgottenUpTo = 0;

  constructor(onEvent: (event: ObjectEvent) => void) {
    this.#onEvent = onEvent;
  }

  get version(): number {
    return this.#version;
  }

  /** Forgets what happened up to now, as etcd does when it is compacted. */
  compact(): void {
    this.#forgottenUpTo = this.#version;
    this.#events.length = 0;
  }

  /** Undefined: forgotten. */
  eventsAfter(version: number): readonly ObjectEvent[] | undefined {
    return version < this.#forgottenUpTo ? undefined : this.#events.filter((event) => event.version > version);
  }

  list(collection: string, namespace: string | undefined): readonly StoredObject[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${collection} ${namespace === undefined ? '' : `${namespace}/`}`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  get(place: ObjectPlace): StoredObject {
    const object = this.#objects.get(keyOf(place));
    if (object === undefined) throw new Refusal(404, 'NotFound', `${plural(place)} "${place.name}" not found`);
    return object;
  }

  create(place: ObjectPlace, body: Json, context: WriteContext): StoredObject {
    if (this.#objects.has(keyOf(place)))
      throw new Refusal(409, 'AlreadyExists', `${plural(place)} "${place.name}" already exists`);
    const { status: _, ...rest } = body;
    return this.#write(place, undefined, rest, context);
  }

  replace(place: ObjectPlace, body: Json, context: WriteContext): StoredObject {
    return this.#write(place, this.get(place), body, context);
  }

  patch(place: ObjectPlace, contentType: string, patch: unknown, context: WriteContext): StoredObject {
    if (contentType === 'application/apply-patch+yaml') return this.#apply(place, patch as Json, context);
    const before = this.get(place);
    const after =
      contentType === 'application/json-patch+json'
        ? jsonPatch.applyPatch(structuredClone<Json>(before), patch as Operation[], true).newDocument
        : (merged(before, patch) as Json);
    return this.#write(place, before, after, context);
  }

  delete(place: ObjectPlace, uid: string | undefined, isDryRun: boolean): void {
    const before = this.get(place);
    if (uid !== undefined && uid !== before.metadata.uid)
      throw new Refusal(409, 'Conflict', `Precondition failed: UID in precondition: ${uid}`);
    if (isDryRun) return;
    this.#version += 1;
    const metadata = { ...before.metadata, resourceVersion: String(this.#version) };
    this.#objects.delete(keyOf(place));
    this.#owned.delete(keyOf(place));
    this.#tell({
      type: 'DELETED',
      collection: place.collection,
      object: { ...before, metadata },
      before,
      version: this.#version,
    });
  }

  /** Server-side apply without lists by key: each leaf belongs to the managers that have set it to the value that it has. */
  #apply(place: ObjectPlace, body: Json, context: WriteContext): StoredObject {
    const key = keyOf(place);
    const { apiVersion: _, kind: __, ...content } = body;
    const wanted = leaves(content);
    const owners = this.#owned.get(key) ?? new Map<string, ReadonlyMap<string, unknown>>();
    const conflicts: Json[] = [];
    for (const [manager, owned] of owners)
      for (const [field, value] of wanted)
        if (manager !== context.manager && owned.has(field) && !isEqual(owned.get(field), value))
          conflicts.push({ reason: 'FieldManagerConflict', message: `conflict with "${manager}"`, field });
    if (conflicts.length > 0 && !context.force)
      throw new Refusal(409, 'Conflict', `Apply failed with ${conflicts.length} conflict(s)`, conflicts);
    const before = this.#objects.get(key);
    const next = structuredClone<Json>(before ?? {});
    // What this manager does not say any more is gone, unless somebody else has it too.
    for (const field of owners.get(context.manager)?.keys() ?? []) {
      const isShared = [...owners].some(([manager, owned]) => manager !== context.manager && owned.has(field));
      if (!wanted.has(field) && !isShared) jsonPatch.applyOperation(next, { op: 'remove', path: field });
    }
    const written = this.#write(place, before, merged(next, body) as Json, context);
    if (context.dryRun) return written;
    for (const [manager, owned] of owners)
      owners.set(manager, new Map([...owned].filter(([field, value]) => isEqual(wanted.get(field) ?? value, value))));
    owners.set(context.manager, wanted);
    this.#owned.set(key, owners);
    return written;
  }

  #write(
    place: ObjectPlace,
    before: StoredObject | undefined,
    body: Json,
    { subresource, dryRun }: WriteContext,
  ): StoredObject {
    const asked = (body.metadata ?? {}) as { readonly resourceVersion?: string };
    if (
      before !== undefined &&
      (asked.resourceVersion ?? before.metadata.resourceVersion) !== before.metadata.resourceVersion
    )
      throw new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${plural(place)} "${place.name}": the object has been modified; please apply your changes to the latest version and try again`,
      );
    const content = withoutNulls(
      subresource === 'status'
        ? { ...before, status: body.status }
        : { ...body, ...(before?.status === undefined ? {} : { status: before.status }) },
    ) as Json;
    const { metadata: _, status: __, ...spec } = content;
    const { metadata: ___, status: ____, ...specBefore } = before ?? ({} as Json);
    const generation = Number(before?.metadata.generation ?? 0) + (isEqual(spec, specBefore) ? 0 : 1);
    const object: StoredObject = {
      ...content,
      metadata: {
        ...((subresource === 'status' ? before?.metadata : content.metadata) as Json | undefined),
        name: place.name,
        ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
        uid: before?.metadata.uid ?? randomUUID(),
        creationTimestamp: before?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
        generation,
        resourceVersion: before?.metadata.resourceVersion ?? '',
      },
    };
    if (dryRun || (before !== undefined && isEqual(object, before))) return object;
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#objects.set(keyOf(place), stored);
    this.#tell({
      type: before === undefined ? 'ADDED' : 'MODIFIED',
      collection: place.collection,
      object: stored,
      before,
      version: this.#version,
    });
    return stored;
  }

  #tell(event: ObjectEvent): void {
    this.#events.push(event);
    this.#onEvent(event);
  }
}

function keyOf({ collection, namespace, name }: ObjectPlace): string {
  return `${collection} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function plural({ collection }: ObjectPlace): string {
  const [, root, group, , name] = collection.split('/');
  return root === 'api' ? (collection.split('/')[3] ?? '') : `${name}.${group}`;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7386, section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutNulls(one)]));
}

function leaves(value: unknown, path = ''): ReadonlyMap<string, unknown> {
  if (!isObject(value) || Object.keys(value).length === 0) return new Map([[path, value]]);
  return new Map(
    Object.entries(value)
      .filter(([key]) => !(path === '/metadata' && (key === 'name' || key === 'namespace')))
      .flatMap(([key, one]) => [...leaves(one, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)]),
  );
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
