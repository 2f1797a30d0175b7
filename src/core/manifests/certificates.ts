import type { Manifest } from '../policy/crd/manifest.js';
import type { InstallOptions } from './install-options.js';
import { labelsOf } from './labels.js';
import { names, serviceNames } from './names.js';

/**
 * Where certificates are somebody else's, the Secret that would hold our authority is empty: the controller notes on it since when a
 * webhook configuration has been missing.
 */
export function authoritySecret({ namespace }: InstallOptions): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: names.authoritySecret, namespace, labels: labelsOf('controller') },
    type: 'Opaque',
  };
}

const ISSUER_SECRET = 'seccomply-issuer';

/** An Issuer and a Certificate of cert-manager, which also puts its authority into the webhook configurations. */
export function certificateObjects({ namespace }: InstallOptions): readonly Manifest[] {
  const apiVersion = 'cert-manager.io/v1';
  const labels = labelsOf('webhook');
  return [
    {
      apiVersion,
      kind: 'Issuer',
      metadata: { name: 'seccomply-selfsigned', namespace, labels },
      spec: { selfSigned: {} },
    },
    {
      apiVersion,
      kind: 'Certificate',
      metadata: { name: ISSUER_SECRET, namespace, labels },
      spec: {
        isCA: true,
        commonName: 'seccomply',
        secretName: ISSUER_SECRET,
        duration: '8760h',
        // A new key every year would not be that of the certificates already served; cert-manager makes one unless told not to.
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
        issuerRef: { name: 'seccomply-selfsigned', kind: 'Issuer' },
      },
    },
    {
      apiVersion,
      kind: 'Issuer',
      metadata: { name: 'seccomply', namespace, labels },
      spec: { ca: { secretName: ISSUER_SECRET } },
    },
    {
      apiVersion,
      kind: 'Certificate',
      metadata: { name: names.tlsSecret, namespace, labels },
      spec: {
        secretName: names.tlsSecret,
        duration: '168h',
        renewBefore: '56h',
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
        usages: ['digital signature', 'server auth'],
        dnsNames: [
          ...serviceNames(names.service, namespace),
          ...serviceNames(`${names.webhook}-admin`, namespace),
          'localhost',
        ],
        ipAddresses: ['127.0.0.1'],
        issuerRef: { name: 'seccomply', kind: 'Issuer' },
      },
    },
  ];
}
