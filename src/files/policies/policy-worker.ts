// The thread that reads large policy sets, so that calls are answered meanwhile and the memory is given back when it ends.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ReadDocument } from '../../core/policy/load/read-documents.js';
import { readPolicyFile } from './read-policy-file.js';
import type { PolicyWorkerData, PolicyWorkerMessage } from './read-policy-files.js';

/** So many documents arrive at the other side in about a millisecond. */
const SLICE = 100;

const { files } = workerData as PolicyWorkerData;
try {
  // On Linux this is the priority of the calling thread alone.
  setPriority(5);
} catch {
  // Not allowed here: the thread works at the same priority.
}

for (const file of files) {
  const result = readPolicyFile(file);
  if ('problem' in result) await send({ kind: 'unreadable', unreadable: result });
  else if ('unchanged' in result) await send({ kind: 'unchanged', path: file.path });
  else {
    const { documents, ...rest } = result.read;
    const bytes = new Uint8Array(result.bytes).buffer;
    await send({ kind: 'file', rest, count: documents.length, sha256: result.sha256, bytes }, [bytes]);
    for (let start = 0; start < documents.length; start += SLICE)
      await send({ kind: 'documents', documents: documents.slice(start, start + SLICE) as readonly ReadDocument[] });
  }
}
await send({ kind: 'done' });
parentPort?.close();

/** One message at a time: several at once would be taken in without a pause between them. */
function send(message: PolicyWorkerMessage, transfer: ArrayBuffer[] = []): Promise<void> {
  return new Promise((resolve) => {
    parentPort?.once('message', () => resolve());
    parentPort?.postMessage(message, transfer);
  });
}
