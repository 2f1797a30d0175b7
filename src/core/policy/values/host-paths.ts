/** What must not be written from a container, by where the usual distributions keep it. */
export const HOST_FOLDERS: readonly { readonly path: string; readonly what: string }[] = [
  { path: '/var/lib/kubelet', what: "the kubelet's folder" },
  { path: '/var/lib/k0s/kubelet', what: "the kubelet's folder" },
  { path: '/var/snap/microk8s/common/var/lib/kubelet', what: "the kubelet's folder" },
  { path: '/etc/kubernetes/manifests', what: 'static pods' },
  { path: '/etc/kubelet.d', what: 'static pods' },
  { path: '/var/lib/rancher/k3s/agent/pod-manifests', what: 'static pods' },
  { path: '/var/lib/rancher/rke2/agent/pod-manifests', what: 'static pods' },
];

/** A socket answers whoever can open it, and mounting it read-only does not keep anyone from that. */
export const HOST_SOCKETS: readonly string[] = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/docker.sock',
  '/run/cri-dockerd.sock',
  '/run/dockershim.sock',
  '/run/podman/podman.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
];

/** Links of the host's /proc to the whole file system of one of its processes: what is mounted from below is somewhere else by name. */
export const PROCESS_ROOT = '^/proc/[^/]+/(?:task/[^/]+/)?(?:root|cwd)(?:/|$)';
