import fc from 'fast-check';
import {
  HARMLESS_MOUNT,
  type PathPattern,
  READABLE_MOUNT,
  WRITABLE_MOUNT,
} from '../../../../src/core/policy/export/cel-host-paths.js';
import { reachedPlace } from '../../../../src/core/policy/values/host-path-tree.js';
import {
  CREDENTIAL_PLACES,
  HARMLESS_PATHS,
  SOCKET_PLACES,
  WRITABLE_PLACES,
} from '../../../../src/core/policy/values/host-paths.js';

const ALL = [...WRITABLE_PLACES, ...SOCKET_PLACES, ...CREDENTIAL_PLACES];

/** `-` no way to the node, `w` only where it is writable, `r` read-only, too. */
test.each([
  ['/', 'r'],
  ['/etc', 'r'],
  ['/etc/cron.d', 'w'],
  ['/etc/cron.daily/x', 'w'],
  ['/etc/systemd/system', 'w'],
  ['/etc/systemd/system/multi-user.target.wants', 'w'],
  ['/lib/systemd/system-generators', 'w'],
  ['/etc/init.d', 'w'],
  ['/etc/profile.d', 'w'],
  ['/etc/ld.so.preload', 'w'],
  ['/etc/pam.d', 'w'],
  ['/etc/sudoers.d', 'w'],
  ['/etc/shadow', 'r'],
  ['/etc/ssh', 'r'],
  ['/etc/ssl/certs', 'w'],
  ['/etc/ssl', 'w'],
  ['/etc/ssl/etcd', 'r'],
  ['/etc/ssl/etcd/ssl', 'r'],
  ['/etc/pki', 'w'],
  ['/etc/pki/ca-trust/extracted/pem', 'w'],
  ['/etc/pki/etcd', 'r'],
  ['/etc/localtime', '-'],
  ['/etc/machine-id', '-'],
  ['/root', 'r'],
  ['/root/.ssh', 'r'],
  ['/root/.bashrc', 'w'],
  ['/root/.forward', 'w'],
  ['/root/.vimrc', 'w'],
  ['/root/.aws', 'r'],
  ['/root/bin', 'w'],
  ['/root/data', '-'],
  ['/home', 'r'],
  ['/home/ubuntu/.ssh', 'r'],
  ['/home/ubuntu/.kube/config', 'r'],
  ['/home/ubuntu/.gitconfig', 'w'],
  ['/home/ubuntu', 'r'],
  ['/home/ubuntu/data', '-'],
  ['/home/kubernetes/bin', 'w'],
  ['/usr', 'w'],
  ['/usr/local/bin', 'w'],
  ['/bin', 'w'],
  ['/sbin', 'w'],
  ['/lib/modules', 'w'],
  ['/lib64', 'w'],
  ['/usr/share/zoneinfo', '-'],
  ['/boot', 'w'],
  ['/opt', 'w'],
  ['/opt/cni/bin', 'w'],
  ['/opt/local-path-provisioner', '-'],
  ['/opt/myapp', '-'],
  ['/opt/myapp/data', '-'],
  ['/opt/myapp/bin', 'w'],
  ['/var/opt/vendor/sbin/x', 'w'],
  ['/opt/kata', 'w'],
  ['/opt/kops/bin', 'w'],
  ['/opt/rke/etcd-snapshots', 'r'],
  ['/run/host-containerd/host-containerd.sock', 'r'],
  ['/local/var/lib/kubelet', 'r'],
  ['/var/vcap', 'r'],
  ['/var/vcap/packages', 'w'],
  ['/var/vcap/data/kubelet', 'r'],
  ['/var/data/kubelet/pods', 'r'],
  ['/var/data/criorootstorage', 'w'],
  ['/mnt/paas/kubernetes/kubelet', 'r'],
  ['/var/lib/container', 'r'],
  ['/mnt/k8s-disks/0/kubelet', 'r'],
  ['/mnt/k8s-disks/1', '-'],
  ['/var/system/overlays', 'r'],
  ['/oem', 'w'],
  ['/vmlinuz', 'w'],
  ['/initrd.img.old', 'w'],
  ['/run/initramfs', 'w'],
  ['/var/lib/dkms', 'w'],
  ['/var/snap/k8s/common', 'r'],
  ['/var/lib/k8s-dqlite', 'r'],
  ['/var/lib/cloud', 'r'],
  ['/var/backups', 'r'],
  ['/var/lib/systemd/coredump', 'r'],
  ['/run/nvidia', 'w'],
  ['/run/nvidia/mps', '-'],
  ['/run/fail2ban/fail2ban.sock', 'r'],
  ['/etc/etcd', 'r'],
  ['/etc/calico/certs', 'r'],
  ['/etc/cni/net.d', 'w'],
  ['/etc/containerd/config.toml', 'w'],
  ['/usr/share/containers/oci/hooks.d', 'w'],
  ['/etc/nri/conf.d', 'w'],
  ['/opt/nri/plugins', 'w'],
  ['/run/nri', 'r'],
  ['/etc/kubernetes', 'r'],
  ['/etc/kubernetes/pki', 'r'],
  ['/etc/kubernetes/admin.conf', 'r'],
  ['/etc/kubernetes/manifests', 'r'],
  ['/etc/kubernetes/tmp', 'r'],
  ['/etc/kubernetes/static-pod-resources', 'r'],
  ['/etc/kubernetes/node-feature-discovery/features.d', '-'],
  ['/etc/srv/kubernetes', 'r'],
  ['/srv/kubernetes', 'r'],
  ['/var/lib', 'r'],
  ['/var/lib/kubelet', 'r'],
  ['/var/lib/kubelet/pki', 'r'],
  ['/var/lib/kubelet/pods', 'r'],
  ['/var/lib/kubelet/pods/x/volumes', 'r'],
  ['/var/lib/kubelet/device-plugins', 'r'],
  ['/var/lib/kubelet/plugins/csi.example.com', 'r'],
  ['/var/lib/kubelet/plugins_registry', 'w'],
  ['/var/lib/kubelet/pod-resources', 'w'],
  ['/var/lib/kubelet/seccomp', 'w'],
  ['/var/lib/kubelet-x', '-'],
  ['/var/lib/etcd', 'r'],
  ['/var/lib/containerd', 'w'],
  ['/var/lib/containers/storage', 'r'],
  ['/var/lib/docker', 'r'],
  ['/var/lib/docker/overlay2', 'r'],
  ['/var/lib/docker/volumes', 'w'],
  ['/var/lib/docker/containers', 'w'],
  ['/run', 'r'],
  ['/run/containerd', 'r'],
  ['/run/containerd/s', 'r'],
  ['/run/containerd/s/0123', 'r'],
  ['/run/containerd/containerd.sock', 'r'],
  ['/run/containerd/io.containerd.runtime.v2.task', 'r'],
  ['/run/crio', 'r'],
  ['/run/docker.sock', 'r'],
  ['/run/runc', 'w'],
  ['/run/netns', 'w'],
  ['/run/systemd/private', 'r'],
  ['/run/systemd/system', 'w'],
  ['/run/systemd/journal', '-'],
  ['/run/dbus/system_bus_socket', 'r'],
  ['/run/udev', 'r'],
  ['/run/udev/control', 'r'],
  ['/run/udev/data', '-'],
  ['/run/xtables.lock', '-'],
  ['/run/datadog', '-'],
  ['/proc', 'w'],
  ['/proc/sys/kernel', 'w'],
  ['/proc/sysrq-trigger', 'w'],
  ['/proc/sys/net', '-'],
  ['/sys', 'w'],
  ['/sys/fs/cgroup', 'w'],
  ['/sys/fs/bpf', 'w'],
  ['/sys/kernel/debug', 'w'],
  ['/dev', 'r'],
  ['/dev/pts', 'r'],
  ['/dev/sda1', 'w'],
  ['/dev/nvme0n1', 'w'],
  ['/dev/disk/by-id/x', 'w'],
  ['/dev/mem', 'w'],
  ['/dev/shm', '-'],
  ['/dev/net/tun', '-'],
  ['/dev/fuse', '-'],
  ['/dev/dri', '-'],
  ['/dev/kmsg', '-'],
  ['/var/spool/cron', 'w'],
  ['/var/lib/rancher/k3s', 'r'],
  ['/var/lib/rancher/k3s/server/tls', 'r'],
  ['/var/lib/rancher/k3s/agent/kubelet.kubeconfig', 'r'],
  ['/var/lib/rancher/k3s/data', 'w'],
  ['/var/lib/rancher/k3s/storage/pvc-1', '-'],
  ['/var/lib/rancher/rke2/server/manifests', 'r'],
  ['/var/lib/k0s/pki', 'r'],
  ['/var/snap/microk8s/current/credentials', 'r'],
  ['/var/lib/minikube/certs', 'r'],
  ['/system/state', 'r'],
  ['/data', '-'],
  ['/mnt/x', '-'],
  ['/srv', '-'],
  ['/srv/data', '-'],
  ['/tmp', '-'],
  ['/tmp/x', '-'],
  ['/var/log', '-'],
  ['/var/log/pods', '-'],
  ['/var/lib/myapp', '-'],
  ['/var/lib/rook', '-'],
  ['/var/lib/longhorn', '-'],
  ['/var/lib/calico', '-'],
  ['/var/lib/cni/networks', '-'],
  ['/var/cache', '-'],
])('%s: %s', (path, expected) => {
  const written = reachedPlace(path, false) !== undefined;
  const read = reachedPlace(path, true) !== undefined;
  expect(written ? (read ? 'r' : 'w') : read ? 'read-only alone' : '-').toBe(expected);
});

test('every place and every folder above one counts, and no harmless one', () => {
  for (const { paths, notFromAbove } of ALL)
    for (const path of paths) {
      const parts = path.replaceAll('*', 'x').split('/').slice(1);
      for (let length = notFromAbove ? parts.length : 0; length <= parts.length; length += 1)
        expect([path, reachedPlace(`/${parts.slice(0, length).join('/')}`, false)]).not.toEqual([path, undefined]);
    }
  for (const path of HARMLESS_PATHS)
    expect([path, reachedPlace(path, false), reachedPlace(path, true)]).toEqual([path, undefined, undefined]);
});

test('paths are written as the tree reads them', () => {
  for (const path of [...ALL.flatMap(({ paths }) => paths), ...HARMLESS_PATHS]) {
    expect(path).toMatch(/^(?:\/[^/*]*\*?)+$/);
    expect(path).not.toMatch(/^\/var\/run(?:\/|$)|\/$|\/\/|\/\.\.?(?:\/|$)/);
  }
});

test('a path of 4 KiB costs no more than its first components', () => {
  const path = `/etc/kubernetes${'/x'.repeat(2_000)}`;
  const { slice } = String.prototype;
  let slices = 0;
  String.prototype.slice = function (this: string, ...how: Parameters<typeof slice>) {
    slices += 1;
    return slice.apply(this, how);
  } as typeof slice;
  try {
    reachedPlace(path, false);
  } finally {
    String.prototype.slice = slice;
  }
  expect(slices).toBeLessThan(10);
});

test('the expressions of the export say the same', () => {
  const names = [
    ...new Set([...ALL.flatMap(({ paths }) => paths), ...HARMLESS_PATHS].flatMap((path) => path.split('/'))),
  ];
  const near = fc
    .tuple(
      fc.constantFrom(...ALL.flatMap(({ paths }) => paths), ...HARMLESS_PATHS),
      fc.nat(8),
      fc.constantFrom('', '/x', 'x', '/.ssh'),
    )
    .map(([path, length, more]) =>
      `/${path
        .split('/')
        .slice(1, length + 1)
        .join('/')
        .replaceAll('*', 'k')}${more}`.replace(/^\/\//, '/'),
    );
  const random = fc
    .array(fc.constantFrom(...names.filter((name) => name !== '').map((name) => name.replace('*', 'y')), 'x'), {
      maxLength: 5,
    })
    .map((parts) => `/${parts.join('/')}`);
  const harmless = new RegExp(HARMLESS_MOUNT);
  const matches = (patterns: readonly PathPattern[], path: string) =>
    patterns.some(({ start, pattern }) => path.startsWith(start) && new RegExp(pattern).test(path));
  fc.assert(
    fc.property(fc.oneof(near, random), fc.boolean(), (path, readOnly) => {
      const said = matches(readOnly ? READABLE_MOUNT : WRITABLE_MOUNT, path) && !harmless.test(path);
      expect([path, readOnly, said]).toEqual([path, readOnly, reachedPlace(path, readOnly) !== undefined]);
    }),
    { numRuns: 3_000 },
  );
});
