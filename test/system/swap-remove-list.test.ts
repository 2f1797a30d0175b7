import fc from 'fast-check';
import { SwapRemoveList } from '../../src/system/swap-remove-list.js';
import { runs } from '../support/require.js';

interface Member {
  readonly name: number;
  slot: number;
}

const members = (list: SwapRemoveList<Member>): number[] => {
  const names: number[] = [];
  list.forEach(({ name }) => void names.push(name));
  return names.sort((a, b) => a - b);
};

test('it holds what a Set would hold, whatever is added and removed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(12)), { maxLength: 80 }), (steps) => {
      const all = Array.from({ length: 13 }, (_, name): Member => ({ name, slot: -1 }));
      const list = new SwapRemoveList<Member>();
      const set = new Set<number>();
      for (const [adds, name] of steps) {
        const one = all[name] as Member;
        if (!adds) {
          list.remove(one);
          set.delete(name);
        } else if (!set.has(name)) {
          list.add(one);
          set.add(name);
        }
        expect(list.size).toBe(set.size);
        expect(members(list)).toEqual([...set].sort((a, b) => a - b));
        expect(list.find((other) => other.name === name)?.name).toBe(set.has(name) ? name : undefined);
      }
    }),
    { numRuns: runs(200) },
  );
});

test('whoever is looked at may be removed', () => {
  const list = new SwapRemoveList<Member>();
  for (let name = 0; name < 9; name += 1) list.add({ name, slot: -1 });
  const seen: number[] = [];
  list.forEach((one) => {
    seen.push(one.name);
    if (one.name % 2 === 0) list.remove(one);
  });
  expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(members(list)).toEqual([1, 3, 5, 7]);
});
