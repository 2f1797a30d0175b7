import { inputSteps, isRead } from '../../../../src/core/admission/request/input-path.js';

const INPUTS = ['spec.containers[].image', 'metadata.labels.*', 'spec.template.**', 'spec.containers[].args[]'];

test.each([
  ['spec', true],
  ['spec.containers', true],
  ['spec.containers[]', true],
  ['spec.containers[].image', true],
  ['spec.containers[].image.x', false],
  ['spec.containers[].ports', false],
  ['spec.containers.image', false],
  ['spec.containers[].args[]', true],
  ['spec.*', false],
  ['spec.containers[].*', false],
  ['metadata.labels.*', true],
  ['metadata.labels.app', true],
  ['metadata.labels.app.x', false],
  ['metadata.annotations', false],
  ['spec.template', true],
  ['spec.template.spec.containers[].ports', true],
  ['spec.template.*', true],
  ['status', false],
])('%s: %s', (path, expected) => {
  expect(isRead(INPUTS, inputSteps(path))).toBe(expected);
});
