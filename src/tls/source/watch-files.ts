import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

const settle = 100;

/**
 * Calls `look` shortly after something changed beside one of the files. The folder is watched, not the file: a mounted Secret or ConfigMap
 * changes by the swap of a link (`..data`), and a watched file would stay the old one. Returns the call that ends it.
 */
export function watchFiles(files: readonly string[], look: () => void): () => void {
  let settling: NodeJS.Timeout | undefined;
  const onEvent = (): void => {
    clearTimeout(settling);
    settling = setTimeout(look, settle);
    settling.unref();
  };
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) => watchFolder(folder, onEvent));
  return () => {
    clearTimeout(settling);
    for (const watcher of watchers) watcher.close();
  };
}

/** No watcher (out of inotify handles, a file system without events) is no failure: who polls too sees the change, later. */
function watchFolder(folder: string, onEvent: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
