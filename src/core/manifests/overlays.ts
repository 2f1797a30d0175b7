import type { InstallOptions } from './install-options.js';

/** Sets of options that go by a name, in `seccomply install --overlay` and as folders of manifests/overlays. */
export const overlays = {
  /** More to work with, for clusters with hundreds of admissions a second. */
  production: {
    webhookResources: { requests: { cpu: '500m', memory: '256Mi' }, limits: { memory: '1Gi' } },
    controllerResources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  },
  /** One of each, on a laptop. */
  dev: {
    webhookReplicas: 1,
    controllerReplicas: 1,
    highAvailability: false,
    networkPolicy: false,
    priorityClassName: '',
    logLevel: 'debug',
  },
  'cert-manager': { certificates: 'cert-manager' },
  monitoring: { monitoring: true },
  /** First so, until the records of every API server say that it shows its certificate; then the other. */
  'client-certificates-optional': { clientCertificates: 'optional' },
  'client-certificates': { clientCertificates: 'required' },
} as const satisfies Readonly<Record<string, Partial<InstallOptions>>>;

export type OverlayName = keyof typeof overlays;
