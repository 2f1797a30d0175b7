import base from '../../jest.base.mjs';

export default { ...base, rootDir: '../..', roots: ['<rootDir>/test/kernel'], testTimeout: 300_000, maxWorkers: 1 };
