// What every suite shares: TypeScript through swc, native ES modules, `./x.js` imports that mean `./x.ts`.
export default {
  globalSetup: `${import.meta.dirname}/test/support/build-program.mjs`,
  setupFiles: [`${import.meta.dirname}/test/support/property-seed.ts`],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript' },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testTimeout: 60_000,
};
