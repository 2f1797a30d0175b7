import { resourceOf } from '../kubernetes/resources.js';

const apiVersion = 'seccomply.dev/v1alpha1';

/** Our own kinds as the API server serves them. */
export const seccomplyKinds = {
  policies: resourceOf(apiVersion, 'SeccompPolicy', 'seccomppolicies', 'Cluster'),
  exemptions: resourceOf(apiVersion, 'SeccompExemption', 'seccompexemptions', 'Cluster'),
  profiles: resourceOf(apiVersion, 'SeccompProfile', 'seccompprofiles', 'Cluster'),
} as const;
