// The tests of test/http again, with the program on the other versions of Node that it is for: what Node's own HTTP and TLS do differs.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import base from '../../jest.base.mjs';

const { testTimeout, ...shared } = base;
const rootDir = join(import.meta.dirname, '../..');
const fetcher = 'tools/node-binaries.sh';
const versions = /^versions=\((.*)\)$/m.exec(readFileSync(join(rootDir, fetcher), 'utf8'))[1];
const cache = process.env.SECCOMPLY_CACHE ?? join(homedir(), '.cache', 'seccomply');
const own = process.versions.node.split('.')[0];

export default {
  rootDir,
  testTimeout,
  maxWorkers: '100%',
  projects: versions
    .split(' ')
    .map((version) => version.split('.')[0])
    .filter((major) => major !== own)
    .map((major) => {
      const node = join(cache, 'node', `node-${major}`);
      const missing = existsSync(node) ? undefined : `no ${node}: run ${fetcher}`;
      return {
        ...shared,
        displayName: `Node ${major}`,
        rootDir,
        globals: { otherNode: { major, node, missing } },
        setupFiles: [...shared.setupFiles, '<rootDir>/test/node/use-other-node.ts'],
        testMatch: [
          '<rootDir>/test/node/*.test.ts',
          ...(missing === undefined ? ['<rootDir>/test/http/*.test.ts', '<rootDir>/test/processes/start.test.ts'] : []),
        ],
      };
    }),
};
