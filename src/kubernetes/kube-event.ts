import type { KubeObject } from './kube-object.js';
import { microTime } from './micro-time.js';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** The Event is put there; absent for a cluster-scoped object, whose Events are in `default`. */
  readonly namespace?: string;
  readonly uid?: string;
}

export interface KubeEvent {
  readonly regarding: ObjectReference;
  readonly related?: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Why, a machine's word: `BackOff`. */
  readonly reason: string;
  /** What was done, a machine's word: `Deny`. */
  readonly action: string;
  /** For a person. Cut at 1 kB, which is all that the API server takes. */
  readonly note: string;
}

/** Who reports Events: the controller, e.g. `example.org/webhook`, and which instance, e.g. the pod's name. */
export interface EventReporter {
  readonly controller: string;
  readonly instance: string;
}

/** How often an event occurred, and when first and last. */
export interface EventOccurrences {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

const noteLimit = 1024;

/** The Event of `events.k8s.io/v1`. @param suffix makes its name unique */
export function eventObject(
  { regarding, related, type, reason, action, note }: KubeEvent,
  { controller, instance }: EventReporter,
  { firstAt, lastAt, count }: EventOccurrences,
  suffix: string,
): KubeObject & Readonly<Record<string, unknown>> {
  return {
    metadata: {
      name: `${regarding.name.slice(0, 230)}.${suffix}`,
      namespace: regarding.namespace ?? 'default',
    },
    eventTime: microTime(new Date(firstAt)),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    regarding,
    ...(related === undefined ? {} : { related }),
    type,
    reason,
    action,
    note: truncated(note, noteLimit),
    ...(count < 2 ? {} : { series: eventSeries(lastAt, count) }),
  };
}

export function eventSeries(
  lastAt: number,
  count: number,
): { readonly count: number; readonly lastObservedTime: string } {
  return { count, lastObservedTime: microTime(new Date(lastAt)) };
}

/** Equal for events that are one series. */
export function eventKey({ regarding, related, type, reason, action, note }: KubeEvent): string {
  const { kind, namespace, name, uid } = regarding;
  return JSON.stringify([kind, namespace, name, uid, related?.kind, related?.name, type, reason, action, note]);
}

/** At most `limit` bytes of UTF-8, cut at a whole character. */
function truncated(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  const ellipsis = '…';
  let end = limit - Buffer.byteLength(ellipsis);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8') + ellipsis;
}
