import { customResourceDefinitions } from '../policy/crd/crd.js';
import type { Manifest } from '../policy/crd/manifest.js';
import { peopleObjects, roleObjects } from './access.js';
import { authoritySecret, certificateObjects } from './certificates.js';
import { guardObjects } from './guard.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf } from './labels.js';
import { monitoringObjects } from './monitoring.js';
import { namespaceObjects } from './namespace.js';
import { networkPolicies } from './network-policies.js';
import { emptyConfigurations } from './registration.js';
import { workloadObjects } from './workloads.js';

/**
 * Everything an installation applies, in an order that works: kinds, namespace and rights first. The webhook configurations come without
 * webhooks; the controller fills them in (`webhookConfigurations`) when a replica answers. Pure: the same options give the same objects.
 */
export function installObjects(options: InstallOptions): readonly Manifest[] {
  return [
    ...customResourceDefinitions().map(
      ({ metadata, ...rest }): Manifest => ({ ...rest, metadata: { ...metadata, labels: labelsOf('policies') } }),
    ),
    ...namespaceObjects(options),
    ...roleObjects(options),
    ...peopleObjects(),
    ...(options.certificates === 'cert-manager' ? certificateObjects(options) : []),
    ...(options.certificates === 'self-managed' ? [] : [authoritySecret(options)]),
    ...(options.networkPolicy ? networkPolicies(options) : []),
    ...workloadObjects(options),
    ...guardObjects(labelsOf('policies')),
    ...(options.monitoring ? monitoringObjects(options) : []),
    ...emptyConfigurations(options),
  ];
}
