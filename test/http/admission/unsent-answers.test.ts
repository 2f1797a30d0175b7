import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { UnsentAnswers } from '../../../src/http/admission/unsent-answers.js';

test('past the limit the oldest answers that nobody reads are given up', () => {
  const ended: number[] = [];
  const answer = (index: number): ServerResponse =>
    Object.assign(new EventEmitter(), {
      req: { socket: { destroy: () => ended.push(index) } },
    }) as unknown as ServerResponse;
  const answers = Array.from({ length: 6 }, (_, index) => answer(index));
  const unsent = new UnsentAnswers(100_000);
  for (const one of answers.slice(0, 3)) unsent.add(one, 30_000);
  unsent.add(answers[3] as ServerResponse, 10);
  expect([unsent.held, ended]).toEqual([90_000, []]);
  // Read by its caller.
  answers[0]?.emit('close');
  expect(unsent.held).toBe(60_000);
  unsent.add(answers[4] as ServerResponse, 90_000);
  expect([unsent.held, ended]).toEqual([90_000, [1, 2]]);
  unsent.add(answers[5] as ServerResponse, 20_000);
  expect(ended).toEqual([1, 2, 4]);
  answers[4]?.emit('close');
  answers[5]?.emit('close');
  expect(unsent.held).toBe(0);
});
