// `npm test`: everything that needs only Node. In test/cluster that is what stands in its folders. The suites that need root, a kernel, a cluster or a browser have a config of their own.
import base from './jest.base.mjs';

export default {
  ...base,
  // Jest would leave one processor free, and of two that is half.
  maxWorkers: '100%',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', '/test/kernel/', '/test/cluster/[^/]+$', '/test/browser/', '/test/node/'],
};
