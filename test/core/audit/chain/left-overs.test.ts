import { ChainFindings } from '../../../../src/core/audit/chain/chain-findings.js';
import { newChainState } from '../../../../src/core/audit/chain/chain-state.js';
import { LeftOvers } from '../../../../src/core/audit/chain/left-overs.js';
import { instance } from './sealed-chain.js';

test('what a failed write left is excused by the next segment alone, and each by its own', () => {
  const findings = new ChainFindings();
  const leftOvers = new LeftOvers(findings);
  const chain = newChainState(instance, 1);
  const begun = Buffer.from('{"hash":"half');
  const store = { state: 'recovered', code: 'x', message: 'x', unrecorded: 0 } as const;
  leftOvers.add('000001.jsonl', begun, 13, chain);
  leftOvers.onSegment(chain);
  // Nothing was said in this segment, which ends with some, too.
  leftOvers.add('000002.jsonl', begun, 13, chain);
  leftOvers.onSegment(chain);
  leftOvers.onStore(chain, store);
  leftOvers.add('000003.jsonl', begun, 13, chain);
  leftOvers.onSegment(chain);
  leftOvers.onSegment(chain);
  leftOvers.onStore(chain, store);
  leftOvers.add('000005.jsonl', begun, 13, chain);
  leftOvers.onSegment(chain);
  leftOvers.onStore(chain, { ...store, state: 'unreadable' });
  leftOvers.check();
  expect(findings.list.map(({ file }) => file)).toEqual(['000001.jsonl', '000003.jsonl', '000005.jsonl']);
  expect(findings.notes).toEqual([expect.stringContaining('000002.jsonl: 13 bytes at the end do not count')]);
});
