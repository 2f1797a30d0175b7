import { type DurableFile, type DurableFolder, diskFolder } from '../../src/storage/disk/durable-folder.js';

/** The real disk, but for how files are written. `real` writes as it should. */
export function diskThatWrites(
  write: (bytes: Buffer, position: number, real: DurableFile['write']) => Promise<void>,
): DurableFolder {
  return {
    ...diskFolder,
    async create(path) {
      const file = await diskFolder.create(path);
      return { ...file, write: (bytes, position) => write(bytes, position, file.write) };
    },
  };
}

export const ioError = (): Error => Object.assign(new Error('i/o error'), { code: 'EIO' });
