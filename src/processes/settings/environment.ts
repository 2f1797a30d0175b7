export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of this process. No other file of src/ reads them: what needs one is handed it, or its value. */
export const environment: Environment = process.env;

/** What a container is told of its pod through the Downward API, as our manifests ask for it; nothing outside a pod. */
export interface PodIdentity {
  readonly name?: string;
  readonly namespace?: string;
  readonly node?: string;
}

export function podOf({ POD_NAME, POD_NAMESPACE, NODE_NAME }: Environment): PodIdentity {
  return {
    ...(isGiven(POD_NAME) ? { name: POD_NAME } : {}),
    ...(isGiven(POD_NAMESPACE) ? { namespace: POD_NAMESPACE } : {}),
    ...(isGiven(NODE_NAME) ? { node: NODE_NAME } : {}),
  };
}

/** A variable that is empty counts as one that is not there, which is how a manifest takes one back. */
export function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
