import base from '../../jest.base.mjs';

export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster'],
  testMatch: ['<rootDir>/test/cluster/*.test.ts'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
