import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { fromClusterObject } from '../../core/policy/load/cluster-object.js';
import { type DocumentSet, documentSet } from '../../core/policy/load/document-set.js';
import type { LoadedExemption, LoadedPolicy } from '../../core/policy/load/loaded-document.js';
import { API_VERSION } from '../../core/policy/schema/policy-schema.js';
import type { KubeClient } from '../../kubernetes/client.js';
import { isKubeError } from '../../kubernetes/kube-error.js';
import type { KubeObject } from '../../kubernetes/kube-object.js';
import { resources } from '../../kubernetes/resources.js';
import { messageOf } from '../../system/errno.js';

/** Where the last good set lies: a ConfigMap that only the controller writes. */
export interface LastGoodPlace {
  readonly namespace: string;
  readonly name: string;
}

/** The documents as they last were all good, for replicas that start while one is not. */
export interface LastGood {
  readonly documents: DocumentSet;
  /** False: the set was too large to be kept whole, and only documents that were bad when it was written are in it. */
  readonly complete: boolean;
  /** When it was written, RFC 3339. */
  readonly written: string;
}

const packed = promisify(brotliCompress);
const unpacked = promisify(brotliDecompress);
/** A ConfigMap holds 1 MiB; its names and annotations need a little of it. */
const roomDefault = 1_000_000;
const mostUnpacked = 256 * 1_048_576;
const annotation = (name: string): string => `seccomply.dev/${name}`;

interface Stored extends KubeObject {
  readonly binaryData?: Readonly<Record<string, string>>;
}

/**
 * Keeps the set. `bad` names the documents whose object in the cluster cannot be read now, as `Kind/name`: where the whole does not
 * fit, they are what is kept, since all others can be read from their own objects.
 * @throws KubeError
 */
export async function writeLastGood(
  client: KubeClient,
  { namespace, name }: LastGoodPlace,
  documents: DocumentSet,
  options: {
    readonly bad?: ReadonlySet<string>;
    readonly now?: Date;
    readonly room?: number;
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): Promise<void> {
  const all = [...documents.policies, ...documents.exemptions];
  let kept = all;
  let bytes = await pack(kept);
  const complete = bytes.length <= (options.room ?? roomDefault);
  if (!complete) {
    kept = all.filter(({ kind, reference }) => options.bad?.has(`${kind}/${reference.name}`) === true);
    bytes = await pack(kept);
  }
  const object = {
    metadata: {
      name,
      namespace,
      labels: options.labels ?? {},
      annotations: {
        [annotation('content-sha256')]: documents.contentSha256,
        [annotation('kept-sha256')]: documentSet([parsedOf(kept)]).documents.contentSha256,
        [annotation('documents')]: String(kept.length),
        [annotation('complete')]: String(complete),
        [annotation('written')]: (options.now ?? new Date()).toISOString(),
      },
    },
    binaryData: { 'documents.jsonl.br': bytes.toString('base64') },
  };
  await client.apply<Stored>(resources.configMaps, object, { force: true });
}

/**
 * What was last written; undefined when nothing was, or what is there is not what was written. Each document is held against the
 * schema as any other: whoever writes the object gets no further than with a custom resource.
 * @throws KubeError when the cluster cannot be asked
 */
export async function readLastGood(
  client: KubeClient,
  { namespace, name }: LastGoodPlace,
  options: { readonly deadline?: number; readonly onProblem?: (message: string) => void } = {},
): Promise<LastGood | undefined> {
  let stored: Stored;
  try {
    const { deadline } = options;
    stored = await client.get<Stored>(resources.configMaps, name, {
      namespace,
      ...(deadline === undefined ? {} : { deadline }),
    });
  } catch (error) {
    if (isKubeError(error, 'not-found')) return undefined;
    throw error;
  }
  const { annotations = {} } = stored.metadata;
  const data = stored.binaryData?.['documents.jsonl.br'];
  if (data === undefined) return undefined;
  const bad = (why: string): undefined => {
    options.onProblem?.(`the last good policy set in the ConfigMap ${namespace}/${name} cannot be used: ${why}`);
    return undefined;
  };
  try {
    const documents: (LoadedPolicy | LoadedExemption)[] = [];
    for await (const document of unpack(Buffer.from(data, 'base64'))) documents.push(document);
    const set = documentSet([parsedOf(documents)]).documents;
    if (set.contentSha256 !== annotations[annotation('kept-sha256')]) return bad('its content is not what was written');
    return {
      documents: set,
      complete: annotations[annotation('complete')] === 'true',
      written: annotations[annotation('written')] ?? '',
    };
  } catch (error) {
    return bad(messageOf(error));
  }
}

async function pack(documents: readonly (LoadedPolicy | LoadedExemption)[]): Promise<Buffer> {
  const lines: string[] = [];
  for (const [index, { value, reference }] of documents.entries()) {
    const { kind, metadata, spec } = value;
    const generation = Number(/@(\d+)$/.exec(reference.origin ?? '')?.[1]);
    const version = Number.isFinite(generation) ? { generation } : {};
    lines.push(JSON.stringify({ kind, metadata: { name: metadata.name, ...version }, spec }));
    if (index % 500 === 499) await nextTurn();
  }
  return packed(lines.join('\n'), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
}

async function* unpack(bytes: Buffer): AsyncGenerator<LoadedPolicy | LoadedExemption> {
  const text = (await unpacked(bytes, { maxOutputLength: mostUnpacked })).toString('utf8');
  let begun = performance.now();
  for (const line of text === '' ? [] : text.split('\n')) {
    const { document, problems } = fromClusterObject({ apiVersion: API_VERSION, ...(JSON.parse(line) as object) });
    if (document === undefined) throw new Error(problems[0]?.message ?? 'a document cannot be read');
    yield document;
    if (performance.now() - begun < 5) continue;
    await nextTurn();
    begun = performance.now();
  }
}

function parsedOf(documents: readonly (LoadedPolicy | LoadedExemption)[]): Parameters<typeof documentSet>[0][number] {
  return {
    file: undefined,
    policies: documents.filter((one) => one.kind === 'SeccompPolicy'),
    exemptions: documents.filter((one) => one.kind === 'SeccompExemption'),
    namespaces: [],
    problems: [],
    notes: [],
    broken: [],
  };
}
