import { answersInWords, hostileInputs, sendHostile } from '../../bench/support/hostile.js';
import { plainPod, podReview, unconfinedPod } from '../support/pod-review.js';
import { eventually, type Serving, startServing, stopAll } from '../support/serving.js';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing('webhook', ['--deadline', '20s'], {
    // The heap that Node gives itself in a pod of 512 MiB.
    env: { NODE_OPTIONS: '--max-old-space-size=256' },
  });
});
afterAll(stopAll);

const gauge = async (name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await serving.get('/metrics')).text)?.[1]);

/** What a caller with a right gets. */
async function expectRight(): Promise<void> {
  expect((await serving.review('mutate', podReview(plainPod))).allowed).toBe(true);
  expect((await serving.review('validate', podReview(unconfinedPod))).allowed).toBe(false);
}

describe.each(hostileInputs.map((input) => [input.name, input] as const))('%s', (_, input) => {
  test('is answered as it should be, and others are meanwhile', async () => {
    let letGo: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const sent = sendHostile(serving, input, until);
    await expectRight();
    expect(await gauge('seccomply_in_flight_bytes')).toBeLessThanOrEqual(64 * 1_048_576);
    letGo();
    const answers = (await sent).flatMap(answersInWords);
    expect(answers.filter((one) => !input.answers.includes(one))).toEqual([]);
    if (input.afterwards === undefined && input.isCutOff !== true) expect(answers).not.toEqual([]);
    expect(serving.child.exitCode).toBeNull();
    await expectRight();
    for (const name of ['seccomply_in_flight_requests', 'seccomply_in_flight_bytes'])
      await eventually(
        () => gauge(name),
        (value) => value === 0,
      );
  });
});

test('after all of that no more memory is held than the heap and what is in flight', async () => {
  const text = (await serving.get('/metrics')).text;
  const resident = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
  expect(resident).toBeLessThan(420_000_000);
});
