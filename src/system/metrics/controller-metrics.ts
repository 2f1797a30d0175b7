import type { MetricCatalogue } from './definition.js';
import type { Metrics } from './metrics.js';

/** Every metric of the controller. docs/reference/metrics.md is made from it, too. */
export const controllerMetrics = {
  seccomply_controller_leader: {
    type: 'gauge',
    help: '1 on the replica of the controller that works, 0 on those that wait.',
    labels: [],
  },
  seccomply_controller_passes_total: {
    type: 'counter',
    help: 'Passes of each part of the work, by how they ended: done or failed.',
    labels: ['work', 'result'],
  },
  seccomply_registration_missing: {
    type: 'gauge',
    help: '1 while a webhook configuration is missing: somebody deleted it, and it comes back an hour later.',
    labels: ['kind'],
  },
  seccomply_registration_drift: {
    type: 'gauge',
    help: 'Fields of our webhooks that somebody else has changed.',
    labels: [],
  },
  seccomply_authority_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When the certificate of the cluster authority expires.',
    labels: [],
  },
  seccomply_authority_rotation: {
    type: 'gauge',
    help: '1 for the state that the authority is in: steady, announced (a new key is published and does not sign yet), unproven (made anew), retiring (an earlier one is still trusted).',
    labels: ['state'],
  },
  seccomply_documents: {
    type: 'gauge',
    help: 'Policies, exemptions and profiles in the cluster.',
    labels: ['kind'],
  },
  seccomply_document_problems: {
    type: 'gauge',
    help: 'Problems of the documents in the cluster, as their status says them.',
    labels: ['severity'],
  },
} as const satisfies MetricCatalogue;

export type ControllerMetrics = Metrics<typeof controllerMetrics>;
