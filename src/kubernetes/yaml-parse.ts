// A CommonJS package that is imported dynamically has only a default export in the bundle; through this file it has its names.
export { parse } from 'yaml';
