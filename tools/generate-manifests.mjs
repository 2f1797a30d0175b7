// Makes manifests/ (kustomize and the Helm chart) from src/core/manifests, or with --check says what is stale and exits 1.
import { readFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.mjs';
import { bundleAndImport } from './run-ts.mjs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { kustomizeFiles } = await bundleAndImport('tools/manifests/kustomize.ts');
const { chartFiles } = await bundleAndImport('tools/manifests/chart.ts');
const chart = [...chartFiles(version)].map(([path, text]) => [`chart/${path}`, text]);
generatedFiles('manifests', new Map([...kustomizeFiles(), ...chart]));
