import { UserError } from '../../core/problem/user-error.js';
/** The data folder cannot be written. */
export class DataFolderError extends UserError {
  override readonly name = 'DataFolderError';
}
