import type { KubeClient } from '../kubernetes/client.js';
import type { KubeObject } from '../kubernetes/kube-object.js';
import { resources } from '../kubernetes/resources.js';
import type { SecretData } from '../kubernetes/secret-data.js';

export interface Secret extends KubeObject {
  /** In base64. */
  readonly data?: SecretData;
  readonly type?: string;
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** Undefined where there is no such Secret. @throws KubeError */
export function findSecret(client: KubeClient, { namespace, name }: SecretName): Promise<Secret | undefined> {
  return client.find<Secret>(resources.secrets, name, { namespace });
}
