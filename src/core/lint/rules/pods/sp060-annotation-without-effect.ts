import { memberPath } from '../../../document/path-text.js';
import type { OtherObject } from '../../../profile/read/yaml/profile-file.js';
import type { LintFinding, LintRule } from '../../subject/lint-rule.js';
import { at, podMadeBy } from '../../subject/pod-document.js';
import { localhost, podText, WEB } from './example-pod.js';

const POD_KEY = 'seccomp.security.alpha.kubernetes.io/pod';
const ANNOTATION = /^(?:container\.)?seccomp\.security\.alpha\.kubernetes\.io\//;

export const sp060AnnotationWithoutEffect: LintRule = {
  id: 'SP060',
  severity: 'warning',
  title: 'A profile in an annotation, which Kubernetes no longer reads',
  why: 'Since Kubernetes 1.27 the annotations seccomp.security.alpha.kubernetes.io/pod and container.seccomp.security.alpha.kubernetes.io/NAME give no profile: without the field the pod has the default of the kubelet, which is no filter unless it is set. The API server refuses a container whose annotation is of another type than its field. The annotations of PodSecurityPolicy are gone with it, in 1.25.',
  fix: 'Write the field securityContext.seccompProfile, of the pod or the container, and remove the annotation: localhost/web.json becomes type: Localhost with localhostProfile: web.json, runtime/default becomes type: RuntimeDefault.',
  failing: {
    text: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', annotations: { [POD_KEY]: 'localhost/profiles/web.json' } },
      spec: { containers: [WEB] },
    }),
  },
  passing: { text: podText({ securityContext: localhost('profiles/web.json'), containers: [WEB] }) },
  *checkObject(object) {
    const pod = podMadeBy(object);
    const ofTemplate = pod?.path.replace(/\.?spec$/, '') ?? object.path;
    for (const path of new Set([object.path, ofTemplate])) yield* annotationsAt(path, object);
  },
};

/** `path`: of what has the metadata, in its document. */
function* annotationsAt(path: string, { node, path: start }: OtherObject): Iterable<LintFinding> {
  const way = path.slice(start.length).replace(/^\./, '');
  const annotations = at(node, way === '' ? 'metadata.annotations' : `${way}.metadata.annotations`);
  if (annotations?.kind !== 'object') return;
  for (const { key } of annotations.members)
    if (ANNOTATION.test(key))
      yield {
        path: memberPath(`${path === '' ? '' : `${path}.`}metadata.annotations`, key),
        message: `the annotation ${key.slice(0, 200)} gives no profile since Kubernetes ${key.includes('Profile') ? '1.25, which has no PodSecurityPolicy' : '1.27'}`,
      };
}
