// What benches need of the cluster tests' API server.
export { seccomplyKinds } from '../../src/cluster/kinds.js';
export { resources } from '../../src/kubernetes/resources.js';
export { missingForApiServer } from '../../test/cluster/support/binaries.js';
export { ControlPlane } from '../../test/cluster/support/control-plane.js';
export { serveCustomKinds } from '../../test/cluster/support/custom-kinds.js';
