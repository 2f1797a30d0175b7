import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObject } from '../../../src/kubernetes/kube-object.js';
import { resources } from '../../../src/kubernetes/resources.js';
import { itNeeds } from '../../support/require.js';
import { missingForApiServer } from './binaries.js';
import { Child } from './child.js';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';

const builder = 'tools/cert-manager-binaries.sh';
const source = 'test/cluster/support/cert-manager/main.go';

/** For tests that need an API server and cert-manager. */
export const itNeedsCertManager = itNeeds(whyMissing() === undefined, whyMissing() ?? '');

export type CertManagerPart = 'controller' | 'cainjector';

/** Its custom kinds alone, as after an installation of which nothing runs. */
export async function applyCertManagerKinds({ client }: ControlPlane): Promise<void> {
  const crds = join(folder(), 'crds');
  for (const file of readdirSync(crds)) {
    const object = parse(readFileSync(join(crds, file), 'utf8')) as KubeObject;
    await client.apply(resources.customResourceDefinitions, object, { force: true });
  }
  await eventually('the kinds of cert-manager are served', async () => {
    for (const kind of ['issuers', 'certificates', 'certificaterequests'])
      await client.raw({ method: 'GET', path: `/apis/cert-manager.io/v1/${kind}` });
    return true;
  });
}

/** A part of a real cert-manager, as a process of its own; its kinds have to be there. */
export function startCertManager(cluster: ControlPlane, part: CertManagerPart): Child {
  return Child.start(`cert-manager-${part}`, [join(folder(), 'cert-manager'), part, cluster.kubeconfig], {
    log: join(cluster.folder, `cert-manager-${part}.log`),
  });
}

function folder(): string {
  const version = /^cert_manager=(\S+)$/m.exec(readFileSync(builder, 'utf8'))?.[1] ?? '';
  const content = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const cache = process.env.SECCOMPLY_CACHE ?? join(homedir(), '.cache', 'seccomply');
  return join(cache, 'cert-manager', `${version}-${content}`);
}

function whyMissing(): string | undefined {
  if (missingForApiServer !== undefined) return missingForApiServer;
  try {
    accessSync(join(folder(), 'cert-manager'), constants.X_OK);
    return undefined;
  } catch {
    return `cert-manager not in ${folder()}: run ${builder}`;
  }
}
