import base from '../../jest.base.mjs';

export default { ...base, rootDir: '../..', roots: ['<rootDir>/test/browser'], testTimeout: 120_000, maxWorkers: 1 };
