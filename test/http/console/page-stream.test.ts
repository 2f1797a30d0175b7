import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PageStream } from '../../../src/http/console/page-stream.js';

/** A browser that reads when it is told to. */
class Browser extends EventEmitter {
  readonly written: string[] = [];
  writableNeedDrain = false;
  writeHead(): void {}
  end(): void {}
  write(text: string): void {
    this.written.push(text);
    this.writableNeedDrain = true;
  }
  read(): void {
    this.writableNeedDrain = false;
    this.emit('drain');
  }
}

test('for a browser that does not read no more than one state is kept, and it gets the newest when it does', () => {
  const timers = (import.meta as ImportMeta & { readonly jest: typeof jest }).jest;
  timers.useFakeTimers();
  let state = 0;
  const stream = new PageStream(() => `${state}`);
  const [deaf, reading] = [new Browser(), new Browser()];
  for (const one of [deaf, reading]) stream.open(one as unknown as ServerResponse);
  for (state = 1; state <= 50; state += 1) {
    reading.read();
    stream.changed();
    timers.advanceTimersByTime(300);
  }
  expect([deaf.written.length, reading.written.length]).toEqual([1, 51]);
  deaf.read();
  expect(deaf.written.at(-1)).toBe('data: 51\n\n');
  deaf.read();
  expect(deaf.written.length).toBe(2);
  stream.end();
  timers.useRealTimers();
});
