// What the catalogue consists of and how each profile is made.

export type Recipe =
  | {
      readonly kind: 'recorded';
      readonly name: string;
      readonly description: string;
      readonly workloads: readonly string[];
    }
  | {
      readonly kind: 'written';
      readonly name: string;
      readonly description: string;
      readonly sources: readonly string[];
    };

export const RECIPES: readonly Recipe[] = [
  {
    kind: 'written',
    name: 'audit-log',
    description: 'Lets every syscall through and logs it. For recording on a test machine: it refuses nothing.',
    sources: ['no source: a default action'],
  },
  {
    kind: 'written',
    name: 'runtime-default-containerd',
    description: 'What RuntimeDefault means under containerd, to compare with and as a ceiling.',
    sources: [
      'the decisions of containerd, main branch of 2026-04, as published; written by src/core/profile/runtime-default.ts',
    ],
  },
  {
    kind: 'written',
    name: 'runtime-default-crio',
    description: 'What RuntimeDefault means under CRI-O, to compare with and as a ceiling.',
    sources: [
      'the decisions of CRI-O with containers/common of 2026-09; written by src/core/profile/runtime-default.ts',
    ],
  },
  {
    kind: 'written',
    name: 'runtime-default-plus',
    description:
      'The defaults of containerd and CRI-O together, without what containers hardly ever need: tracing, 16-bit segments, device nodes, rare socket families, x32.',
    sources: [
      'runtime-default-containerd, less the names in tools/catalogue-written.ts',
      'runtime-default-crio: what it refuses beyond that, and its socket rules',
    ],
  },
  {
    kind: 'recorded',
    name: 'web-static',
    description:
      'Web servers and proxies that serve files and pass requests on: nginx, Apache httpd, lighttpd, HAProxy.',
    workloads: ['nginx', 'httpd', 'lighttpd', 'haproxy'],
  },
  {
    kind: 'recorded',
    name: 'cache',
    description: 'In-memory stores: Redis, memcached.',
    workloads: ['redis', 'memcached'],
  },
  {
    kind: 'recorded',
    name: 'db-sql',
    description: 'SQL databases, with the making of their data folder: PostgreSQL, MariaDB.',
    workloads: ['postgres', 'mariadb'],
  },
  {
    kind: 'recorded',
    name: 'interp',
    description: 'Services in Node.js and Python.',
    workloads: ['node', 'python'],
  },
  {
    kind: 'recorded',
    name: 'batch-shell',
    description: 'Jobs of shell scripts: bash, dash, BusyBox and the core utilities, without network servers.',
    workloads: ['shell'],
  },
  {
    kind: 'recorded',
    name: 'net-service',
    description:
      'Any of the network services that the catalogue was recorded from: the union, for services that fit no other profile.',
    workloads: ['nginx', 'httpd', 'lighttpd', 'haproxy', 'redis', 'memcached', 'postgres', 'mariadb', 'node', 'python'],
  },
];
