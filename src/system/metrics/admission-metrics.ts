import type { MetricCatalogue } from './definition.js';
import type { Metrics } from './metrics.js';

const requestBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const writeBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/**
 * Every metric of a process that answers admission. No label takes a pod's name, an image or anything else that a pod's author chooses.
 * docs/reference/metrics.md is made from it.
 */
export const admissionMetrics = {
  seccomply_admission_requests_total: {
    type: 'counter',
    help: 'Admission reviews answered.',
    labels: ['webhook', 'operation', 'decision', 'dry_run'],
  },
  seccomply_admission_duration_seconds: {
    type: 'histogram',
    help: 'From the head of the request to the answer, the durable record included.',
    labels: ['webhook', 'operation', 'decision'],
    buckets: requestBuckets,
  },
  seccomply_policy_decisions_total: {
    type: 'counter',
    help: 'What policies and their rules did: profiles assigned (injected, replaced, unchanged, kept, fallback), violations by mode (denied, warned, audited), exempted. The rule of a requirement is "require".',
    labels: ['policy', 'rule', 'decision'],
  },
  seccomply_http_errors_total: {
    type: 'counter',
    help: 'Calls that got an error instead of a decision, by code.',
    labels: ['code'],
  },
  seccomply_oversized_requests_total: {
    type: 'counter',
    help: 'Requests denied unread because their body was larger than --body-limit.',
    labels: ['webhook'],
  },
  seccomply_admission_callers_total: {
    type: 'counter',
    help: 'Connections that brought admission reviews, by whether the caller was authenticated; counted with --client-ca only.',
    labels: ['authenticated'],
  },
  seccomply_in_flight_requests: {
    type: 'gauge',
    help: 'Admission calls that wait for their body, their decision or their record.',
    labels: [],
  },
  seccomply_in_flight_bytes: { type: 'gauge', help: 'Bytes of request bodies that are held.', labels: [] },
  seccomply_ready: {
    type: 'gauge',
    help: '1 while the server is ready, 0 before the first policies and while draining.',
    labels: [],
  },
  seccomply_degraded: {
    type: 'gauge',
    help: '1 for every reason that readyz?verbose gives for being degraded, else 0.',
    labels: ['reason'],
  },
  seccomply_policies: { type: 'gauge', help: 'Documents in force.', labels: ['kind'] },
  seccomply_policy_set_number: {
    type: 'gauge',
    help: 'The first 48 bits of the SHA-256 of the documents in force, as a number: the same on replicas that judge by the same policies.',
    labels: [],
  },
  seccomply_policy_problems: {
    type: 'gauge',
    help: 'Problems of the documents as they are now.',
    labels: ['severity'],
  },
  seccomply_policy_reloads_total: {
    type: 'counter',
    help: 'Loads of the policy documents: in-force, or refused (some documents keep their last good version).',
    labels: ['result'],
  },
  seccomply_policy_reload_duration_seconds: {
    type: 'gauge',
    help: 'How long the last load took, from reading to being in force.',
    labels: [],
  },
  seccomply_policy_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When documents last came into force without an error.',
    labels: [],
  },
  seccomply_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When the served certificate and its authority expire.',
    labels: ['kind'],
  },
  seccomply_certificate_swaps_total: {
    type: 'counter',
    help: 'Changes of the served certificate: swapped, or refused (the one before is served on).',
    labels: ['result'],
  },
  seccomply_audit_records_total: { type: 'counter', help: 'Audit records on disk.', labels: [] },
  seccomply_audit_write_duration_seconds: {
    type: 'histogram',
    help: 'From the start of a write of audit records to the end of its sync; one write carries many records.',
    labels: [],
    buckets: writeBuckets,
  },
  seccomply_audit_write_failures_total: {
    type: 'counter',
    help: 'Audit records that could not be written, by error code.',
    labels: ['code'],
  },
  seccomply_audit_folded_total: {
    type: 'counter',
    help: 'Repeated admissions that the record of the first and a count on record stand for.',
    labels: [],
  },
  seccomply_audit_over_quota_total: {
    type: 'counter',
    help: "Denials, violations and fallbacks that only their namespace's over-quota record counts, since it has used up its share of the record store.",
    labels: [],
  },
  seccomply_audit_refused_total: {
    type: 'counter',
    help: 'Uses of exemptions that were refused for want of a record, by error code: record-share-used-up is a namespace past its share, record-late a record that was on disk after the deadline.',
    labels: ['code'],
  },
  seccomply_large_reviews_total: {
    type: 'counter',
    help: 'Reviews that were parsed beside the main thread: read, malformed, or failed (out of memory or time).',
    labels: ['result'],
  },
  seccomply_events_total: {
    type: 'counter',
    help: 'Kubernetes Events: written, folded into one that is there, or dropped and why.',
    labels: ['result'],
  },
  seccomply_informer_last_event_timestamp_seconds: {
    type: 'gauge',
    help: 'When the API server was last heard of, for each kind that is watched.',
    labels: ['kind'],
  },
  seccomply_build_info: {
    type: 'gauge',
    help: '1, with what runs here in the labels.',
    labels: ['version', 'node', 'role'],
  },
} as const satisfies MetricCatalogue;

export type AdmissionMetrics = Metrics<typeof admissionMetrics>;
