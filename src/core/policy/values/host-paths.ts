/**
 * Places on a node through which a container gets the node. A component `*` stands for any name, `sd*` for names that begin so. A
 * mount counts where it is at or below such a place, or above one.
 */
export interface HostPlace {
  /** In a sentence, in brackets: `can write the host's /etc/cron.d (what cron runs)`. */
  readonly what: string;
  /** Why it gives the node. */
  readonly why: string;
  readonly paths: readonly string[];
  /** A mount above does not count: it is an ordinary one elsewhere than on the few nodes that have such a place. */
  readonly notFromAbove?: true;
}

const KUBELET_FOLDERS = [
  '/var/lib/kubelet',
  '/var/lib/k0s/kubelet',
  '/var/snap/microk8s/common/var/lib/kubelet',
  '/var/vcap/data/kubelet',
  '/var/data/kubelet',
  '/mnt/paas/kubernetes/kubelet',
] as const;

/** Where containerd runs as part of something else its state is below another folder. */
const CONTAINERD_STATE = ['/run/containerd', '/run/k3s/containerd', '/run/k0s/containerd'];

/** The second of each pair is where ostree keeps it and links to it from the first. */
const HOMES = ['/root', '/var/roothome', '/home/*', '/var/home/*'];
const OPTIONAL = ['/opt', '/var/opt'];

/** Whoever writes here decides what runs as root on the node. The first that is below a mounted folder is named. */
export const WRITABLE_PLACES: readonly HostPlace[] = [
  {
    what: "the kubelet's folder",
    why: "seccomp profiles, the volumes and tokens of every pod, the kubelet's settings, registration of plugins",
    paths: KUBELET_FOLDERS,
  },
  {
    what: 'static pods',
    why: 'the kubelet starts what is described there, and no admission sees it',
    paths: [
      '/etc/kubernetes/manifests',
      '/etc/kubelet.d',
      '/var/lib/rancher/k3s/agent/pod-manifests',
      '/var/lib/rancher/rke2/agent/pod-manifests',
      '/var/lib/k0s/manifests',
      '/var/lib/rancher/k3s/server/manifests',
      '/var/lib/rancher/rke2/server/manifests',
    ],
  },
  {
    what: "a runtime's state",
    why: 'images, root file systems and specs of other containers, sockets of shims: what runs next is read from there',
    paths: [
      ...['/run/containerd', '/var/lib/containerd', '/run/crio', '/var/lib/crio', '/run/containers'],
      ...['/var/lib/containers', '/run/libpod', '/run/podman', '/run/runc', '/run/crun', '/run/youki'],
      ...['/run/docker', '/var/lib/docker', '/var/lib/cri-dockerd', '/run/k3s', '/run/k0s', '/run/vc'],
      ...['/run/kata-containers', '/run/buildkit', '/var/lib/buildkit', '/var/lib/nerdctl', '/run/runsc'],
      ...['/var/lib/lxc', '/var/lib/lxd', '/var/lib/incus', '/var/data/cri*', '/run/host-containerd'],
    ],
  },
  {
    what: "a runtime's configuration",
    why: 'it names the programs, hooks, devices and NRI plugins that the runtime starts as root',
    paths: [
      ...['/etc/containerd', '/etc/crio', '/etc/docker', '/etc/containers', '/etc/cdi', '/run/cdi', '/etc/nri'],
      ...['/run/nri', '/usr/share/containers', '/usr/libexec/oci', '/run/multus'],
      ...OPTIONAL.flatMap((folder) => [`${folder}/nri`, `${folder}/containerd`]),
    ],
  },
  {
    what: 'CNI plugins',
    why: 'the runtime starts them as root for each pod, as their configuration says',
    paths: ['/etc/cni', '/var/lib/cni/bin', '/usr/libexec/cni', ...OPTIONAL.map((folder) => `${folder}/cni`)],
  },
  {
    what: "the control plane's data",
    why: 'who writes etcd writes every object of the cluster past admission',
    paths: ['/var/lib/etcd', '/var/lib/etcd2', '/var/etcd'],
  },
  {
    what: "a distribution's programs and state",
    why: 'binaries that services run as root, manifests that are applied, credentials of the node',
    paths: [
      ...['/var/lib/rancher', '/var/lib/k0s', '/var/snap/microk8s', '/var/lib/minikube', '/home/kubernetes'],
      ...['/mnt/stateful_partition', '/system', '/.bottlerocket', '/var/lib/kube-proxy', '/var/lib/kubernetes'],
      ...['/var/vcap', '/var/snap/k8s', '/k3os', '/run/nvidia/driver', '/run/nvidia/toolkit'],
      ...OPTIONAL.flatMap((folder) =>
        ['azure', 'kubernetes', 'rke', 'rke2', 'rke-tools', 'k3s', 'kata', 'kwasm', 'kops', 'aws', 'amazon']
          .concat('rancher-system-agent', 'extensions')
          .map((name) => `${folder}/${name}`),
      ),
    ],
  },
  {
    what: 'what cron runs',
    why: 'cron and at run it as the user that it names, root among them',
    paths: [
      ...['/etc/crontab', '/etc/anacrontab', '/etc/cron.d', '/etc/cron.hourly', '/etc/cron.daily'],
      ...['/etc/cron.weekly', '/etc/cron.monthly', '/var/spool/cron', '/var/spool/anacron', '/var/spool/at'],
    ],
  },
  {
    what: 'what services run',
    why: 'units, generators, init scripts and udev rules name programs that run as root',
    paths: [
      ...['/etc/systemd', '/run/systemd', '/usr/lib/systemd', '/lib/systemd', '/etc/init.d', '/etc/rc.d'],
      ...['/etc/rc.local', '/etc/inittab', '/etc/init', '/etc/udev', '/run/udev', '/usr/lib/udev', '/lib/udev'],
      ...['/run/tmpfiles.d', '/run/sysctl.d', '/run/modprobe.d', '/run/modules-load.d', '/run/binfmt.d'],
      ...['/run/dbus', '/run/user', '/var/lib/cloud', '/var/lib/waagent', '/var/lib/amazon', '/var/lib/machines'],
      ...['/var/lib/portables', '/var/lib/extensions', '/var/lib/confexts', '/run/extensions', '/run/confexts'],
    ],
  },
  {
    what: "the node's accounts",
    why: 'passwords, sudo, PAM and SSH decide who is root',
    paths: [
      ...['/etc/passwd', '/etc/shadow', '/etc/group', '/etc/gshadow', '/etc/sudoers', '/etc/sudoers.d', '/etc/pam.d'],
      ...['/etc/ssh', '/etc/security'],
    ],
  },
  {
    what: 'what every program loads',
    why: 'the dynamic linker loads what is named there into each program that starts, those of root among them',
    paths: ['/etc/ld.so.preload', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/ld.so.cache'],
  },
  {
    what: 'what shells run',
    why: 'a shell runs it as whoever logs in',
    paths: ['/etc/profile', '/etc/profile.d', '/etc/bash.bashrc', '/etc/bashrc', '/etc/environment'],
  },
  {
    what: 'a home folder',
    why: 'shells and tools run what its hidden files say as whoever logs in, and .ssh/authorized_keys says who may',
    paths: HOMES.map((home) => `${home}/.*`).concat('/root/bin', '/var/roothome/bin'),
  },
  {
    what: "the node's configuration",
    why: 'most of what is in /etc tells some program of root what to run, load or trust',
    paths: ['/etc'],
  },
  {
    what: "the node's programs",
    why: 'root runs and loads them; package managers, snaps and images of the system put theirs there',
    paths: [
      ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/usr', '/var/usrlocal', '/nix', '/snap'],
      ...['/ostree', '/sysroot', '/run/current-system', '/run/booted-system', '/run/wrappers', '/var/lib/snapd'],
      ...['/var/lib/dpkg', '/var/lib/rpm', '/var/lib/dkms'],
      ...OPTIONAL.flatMap((folder) => ['bin', 'sbin', 'lib', 'libexec'].map((name) => `${folder}/${name}`)),
    ],
  },
  {
    what: 'programs of the node in /opt',
    why: 'services of whoever put them there run them, as root most often',
    paths: OPTIONAL.flatMap((folder) => [`${folder}/*/bin`, `${folder}/*/sbin`]),
    notFromAbove: true,
  },
  {
    what: 'what the node boots',
    why: 'the kernel, its parameters and the first programs of root, and the last ones',
    paths: ['/boot', '/efi', '/oem', '/vmlinuz*', '/initrd.img*', '/run/initramfs', '/run/nextroot'],
  },
  {
    what: "the kernel's settings and processes",
    why: 'sys/kernel/core_pattern and sys/kernel/modprobe name programs that the kernel runs as root on the node, whatever namespace asks',
    paths: ['/proc'],
  },
  {
    what: "the kernel's devices and control groups",
    why: 'kernel/uevent_helper and release_agent name programs that the kernel runs as root; debugfs, pinned BPF objects, firmware',
    paths: ['/sys'],
  },
  {
    what: "the node's disks and memory",
    why: 'past every file system and process; who writes /dev puts a node of his own where a program of root opens another',
    paths: [
      ...['mem', 'kmem', 'port', 'sd*', 'hd*', 'vd*', 'xvd*', 'nvme*', 'dm-*', 'md*', 'mmcblk*', 'loop*', 'nbd*'],
      ...['rbd*', 'mapper', 'disk', 'block', 'root'],
    ].map((name) => `/dev/${name}`),
  },
  {
    what: 'network namespaces of the pods',
    why: 'the runtime joins the namespace whose name is there, and whoever has the file can enter it',
    paths: ['/run/netns'],
  },
];

/** A socket answers whoever can open it: neither a read-only mount nor one of a folder above it keeps anyone from that. */
export const SOCKET_PLACES: readonly HostPlace[] = [
  {
    what: "a runtime's socket",
    why: 'it starts any container, on the node itself',
    paths: [
      ...['/run/containerd/containerd.sock', '/run/containerd/containerd.sock.ttrpc', '/run/containerd/debug.sock'],
      ...['/run/containerd/s', '/run/crio/crio.sock', '/run/docker.sock', '/run/docker/containerd'],
      ...['/run/docker/plugins', '/run/cri-dockerd.sock', '/run/dockershim.sock', '/run/podman/podman.sock'],
      ...['/run/k3s/containerd/containerd.sock', '/run/k3s/containerd/s', '/run/k0s/containerd.sock'],
      ...['/run/k0s/containerd/containerd.sock', '/run/k0s/containerd/s', '/run/buildkit/buildkitd.sock'],
      ...['/var/snap/microk8s/common/run/containerd.sock', '/var/snap/microk8s/common/run/containerd', '/run/vc'],
      ...['/run/isulad.sock', '/run/pouchcri.sock', '/run/frakti.sock', '/run/nri/nri.sock', '/run/libvirt'],
      ...['/var/snap/lxd/common/lxd/unix.socket', '/var/lib/lxd/unix.socket', '/var/lib/incus/unix.socket'],
      ...['/run/incus/unix.socket', '/run/host-containerd', '/run/balena-engine.sock', '/var/vcap/sys/run'],
    ],
  },
  {
    what: "a service manager's socket",
    why: 'it starts programs as root on the node, or sets the environment of those that are started',
    paths: [
      ...['/run/systemd/private', '/run/systemd/io.systemd.*', '/run/dbus', '/run/user', '/run/snapd.socket'],
      ...['/run/api.sock', '/system/run', '/run/udev/control', '/run/fail2ban'],
    ],
  },
  {
    what: "the sockets of the kubelet's plugins",
    why: 'a device plugin hands devices and mounts to other containers; a CSI driver mounts what it is told where it is told',
    paths: KUBELET_FOLDERS.flatMap((folder) => [`${folder}/device-plugins`, `${folder}/plugins`]),
  },
];

/** Whoever reads here can act as the node, or as root of the node or of the cluster. */
export const CREDENTIAL_PLACES: readonly HostPlace[] = [
  {
    what: "the kubelet's credentials and those of all its pods",
    why: "the node's client certificate, registry passwords, tokens and secrets of every pod",
    paths: KUBELET_FOLDERS.flatMap((folder) =>
      ['pki', 'pods', 'config.json', 'kubeconfig', 'bootstrap-kubeconfig'].map((name) => `${folder}/${name}`),
    ),
  },
  {
    what: "the cluster's credentials",
    why: 'kubeconfigs and keys of the control plane and of the node',
    paths: [
      ...['/etc/kubernetes', '/etc/srv/kubernetes'],
      ...['k3s', 'rke2'].flatMap((name) =>
        [
          'server',
          'agent/client*',
          'agent/serving*',
          'agent/kubelet*',
          'agent/kubeproxy*',
          `agent/${name}controller*`,
        ].map((path) => `/var/lib/rancher/${name}/${path}`),
      ),
      ...['/etc/rancher', '/var/lib/k0s/pki', '/etc/k0s', '/var/lib/minikube/certs', '/system/state', '/etc/etcd'],
      ...['/var/snap/microk8s/*/credentials', '/var/snap/microk8s/*/certs', '/var/lib/kube-proxy'],
      ...['/var/lib/kubernetes', '/etc/calico/certs', '/var/snap/k8s', '/var/vcap/jobs'],
    ],
  },
  {
    what: "the cluster's credentials",
    why: 'keys and snapshots of etcd, and what kops keeps, beside what ordinary pods mount',
    paths: ['/etc/ssl/etcd', '/etc/pki/etcd', '/srv/kubernetes', ...OPTIONAL.map((folder) => `${folder}/rke`)],
    notFromAbove: true,
  },
  {
    what: "the control plane's data",
    why: 'every Secret of the cluster, as it is stored',
    paths: [
      ...['/var/lib/etcd', '/var/lib/etcd2', '/var/etcd', '/var/lib/k0s/etcd', '/var/lib/minikube/etcd'],
      ...['/var/snap/microk8s/*/var/kubernetes', '/var/lib/k8s-dqlite', '/var/lib/k0s/db', '/var/vcap/store'],
    ],
  },
  {
    what: 'the root file systems of other containers',
    why: "they are mounted below, writable, whatever the mount above says: their programs run with those containers' rights; their specs hold Secrets",
    paths: [
      ...CONTAINERD_STATE.map((folder) => `${folder}/io.containerd.*`),
      ...['/var/lib/docker/overlay2', '/var/lib/docker/rootfs', '/var/lib/containers', '/run/containers'],
      '/run/kata-containers',
    ],
  },
  {
    what: "the node's accounts",
    why: 'password hashes and private keys',
    paths: ['/etc/shadow', '/etc/gshadow', '/etc/ssh', '/run/credentials', '/var/backups'],
  },
  {
    what: 'a home folder',
    why: 'private keys, kubeconfigs and tokens of those who log in',
    paths: HOMES.flatMap((home) =>
      ['.ssh', '.kube', '.docker', '.aws', '.azure', '.config'].map((name) => `${home}/${name}`),
    ).concat('/root/cdk'),
  },
  {
    what: 'what the node was given when it was made',
    why: 'tokens to join the cluster, with some installers its keys',
    paths: ['/run/cloud-init', '/var/lib/cloud', '/var/lib/waagent', '/var/lib/amazon'],
  },
  {
    what: 'memory of processes that crashed',
    why: 'keys of those of root among it',
    paths: ['/var/crash', '/var/lib/systemd/coredump'],
  },
  {
    what: "the node's terminals",
    why: 'what an administrator types is read there, and no read-only mount keeps anyone from writing to a device',
    paths: ['/dev/pts'],
  },
  {
    what: 'another name of /var',
    why: "these partitions are mounted once more elsewhere, the kubelet's folder with them",
    paths: [
      ...['/mnt/stateful_partition', '/sysroot', '/ostree', '/local', '/writable', '/run/mnt', '/mnt/k8s-disks/0'],
      ...['/var/lib/container', '/var/system', '/.snapshots'],
    ],
  },
];

/** Below places from above, and no way to the node. */
export const HARMLESS_PATHS: readonly string[] = [
  // Each network namespace has its own.
  '/proc/sys/net',
  '/etc/localtime',
  '/etc/timezone',
  '/etc/machine-id',
  '/etc/hostname',
  '/etc/os-release',
  // Of node-feature-discovery.
  '/etc/kubernetes/node-feature-discovery',
  '/usr/share/zoneinfo',
  // Logging and the resolver.
  '/run/systemd/journal',
  '/run/systemd/resolve',
  '/run/udev/data',
  // Where these distributions put the volumes of their storage classes.
  '/var/lib/rancher/k3s/storage',
  '/var/snap/microk8s/common/default-storage',
];

/** Links of /proc to whatever a process of the node has open: what is mounted through them is somewhere else by name. */
export const PROCESS_LINK =
  '^/(?:proc/[^/]+/(?:task/[^/]+/)?(?:root|cwd|exe|fd|map_files|ns)|dev/(?:fd|stdin|stdout|stderr))(?:/|$)';

/** Folders of /proc that have such links: a read-only mount follows them for whoever may open the processes. */
export const HOST_PROCESSES = '^/proc(?:/(?:self|thread-self|[0-9]+)(?:/task(?:/[0-9]+)?)?)?$';
