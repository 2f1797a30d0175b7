// Sends hostile inputs, in a process of its own. Reads one JSON order a line on standard input: { port, ca, name, seconds }; prints
// how often it was sent, as JSON, when the time is over. Bounded: to the rate of the input, at most eight of it at a time, and 30 s.
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { bundleAndImport } from '../../tools/run-ts.mjs';

const { hostileInputs, sendHostile } = await bundleAndImport('bench/support/hostile.ts');
const mostAtATime = 8;
const ready = new Map();

/** The same input with its bytes made beforehand. */
function made(name) {
  const input = hostileInputs.find((one) => one.name === name);
  if (!ready.has(name)) {
    const writes = [...input.writes()];
    ready.set(name, { ...input, writes: () => writes });
  }
  return ready.get(name);
}

process.stdout.write(`${JSON.stringify(hostileInputs.map(({ name }) => name))}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { port, ca, name, seconds } = JSON.parse(line);
  const input = made(name);
  const end = performance.now() + Math.min(30, seconds) * 1000;
  const over = setTimeout(Math.min(30, seconds) * 1000);
  let sent = 0;
  const open = new Set();
  while (performance.now() < end) {
    if (open.size < mostAtATime) {
      sent += 1;
      const sending = sendHostile({ port, ca }, input, over).finally(() => open.delete(sending));
      open.add(sending);
    }
    await setTimeout(Math.min(1000 / input.perSecond, Math.max(0, end - performance.now())));
  }
  await Promise.all(open);
  process.stdout.write(`${JSON.stringify({ sent })}\n`);
}
