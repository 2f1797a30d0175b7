import type { AdmissionEntry } from '../../../src/core/audit/admission-entry.js';
import type { Labels } from '../../../src/core/policy/match/label-selector.js';
import { AdmissionHandler, type NamespaceSource } from '../../../src/http/admission/admission-handler.js';
import type { PendingAnswer } from '../../../src/http/admission/answer.js';
import { DecisionMetrics } from '../../../src/http/admission/decision-metrics.js';
import { RulesInForce } from '../../../src/http/admission/rules-in-force.js';
import type { Receipt } from '../../../src/storage/records/receipt.js';
import { admissionMetrics } from '../../../src/system/metrics/admission-metrics.js';
import { Metrics } from '../../../src/system/metrics/metrics.js';
import { container, exemption, NOW, pod, policy, requestOf, rulesOf } from '../../core/admission/support.js';

/** A handler whose records are on disk when the test says so. */
function handling(options: { readonly exempt: boolean; readonly namespaces?: NamespaceSource }) {
  const inForce = new RulesInForce();
  const strict = policy('strict', {
    match: options.namespaces === undefined ? {} : { namespaceSelector: { matchLabels: { tier: 'web' } } },
    require: { profiles: ['RuntimeDefault'] },
  });
  inForce.put(rulesOf(strict + (options.exempt ? exemption('legacy', { allow: ['Unconfined'] }) : '')));
  const appended: AdmissionEntry[] = [];
  const refusedLate: (string | undefined)[][] = [];
  let settle: (receipt: Receipt) => void = () => undefined;
  const receipt = new Promise<Receipt>((resolve) => {
    settle = resolve;
  });
  const handler = new AdmissionHandler({
    rules: inForce,
    records: {
      append: (entries) => {
        appended.push(...(entries as readonly AdmissionEntry[]));
        return receipt;
      },
      refusedLate: (entry, recordId) => refusedLate.push([entry.request.uid, recordId]),
    },
    metrics: new DecisionMetrics(new Metrics(admissionMetrics).family('seccomply_policy_decisions_total')),
    ...(options.namespaces === undefined ? {} : { namespaces: options.namespaces }),
  });
  const answer = handler.review(
    'validate',
    {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: requestOf(pod({ containers: [container('c', 'Unconfined')] })),
    },
    { caller: { authenticated: false }, at: new Date(NOW), deadline: 1_000 },
  ) as PendingAnswer;
  return { answer, appended, refusedLate, settle };
}

const responseOf = ({ body }: { readonly body: string }) =>
  (
    JSON.parse(body) as {
      readonly response: { readonly allowed: boolean; readonly status?: { readonly code: number } };
    }
  ).response;
const onDisk: Receipt = { recorded: true, recordId: 'r-1', as: 'record' };
const folded: Receipt = { recorded: true, recordId: 'r-1', as: 'folded' };
const lost: Receipt = {
  recorded: false,
  problem: { code: 'record-store-failing', severity: 'error', message: 'the disk is broken' },
};

test.each([
  ['a record', onDisk],
  ['a count', folded],
])(
  'a use that was refused, since it was not on disk in time as %s, is said to be refused afterwards',
  async (_, receipt) => {
    const { answer, appended, refusedLate, settle } = handling({ exempt: true });
    expect(appended).toMatchObject([{ recordType: 'exemption', decision: { allowed: true } }]);
    const late = answer.late?.();
    expect(responseOf(late as never)).toMatchObject({ allowed: false, status: { code: 503 } });
    expect(refusedLate).toEqual([]);
    settle(receipt);
    expect(await answer.settled).toBe(late);
    expect(refusedLate).toEqual([[appended[0]?.request.uid, 'r-1']]);
  },
);

test('a use that was in time, or is not on record, is not said to be refused late', async () => {
  const inTime = handling({ exempt: true });
  inTime.settle(onDisk);
  expect(responseOf(await inTime.answer.settled)).toMatchObject({ allowed: true });
  expect(responseOf(inTime.answer.late?.() as never)).toMatchObject({ allowed: true });
  const unrecorded = handling({ exempt: true });
  unrecorded.answer.late?.();
  unrecorded.settle(lost);
  await unrecorded.answer.settled;
  expect([inTime.refusedLate, unrecorded.refusedLate]).toEqual([[], []]);
});

test('a denial that is late is one, as its record says', async () => {
  const { answer, refusedLate, settle } = handling({ exempt: false });
  expect(responseOf(answer.late?.() as never)).toMatchObject({ allowed: false, status: { code: 403 } });
  settle(onDisk);
  await answer.settled;
  expect(refusedLate).toEqual([]);
});

describe('where the labels of the namespace have to be asked for', () => {
  function asked() {
    let tell: (labels: Labels) => void = () => undefined;
    const labels = new Promise<Labels>((resolve) => {
      tell = resolve;
    });
    return { tell, namespaces: { labelsOf: () => undefined, fetch: () => labels } satisfies NamespaceSource };
  }
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('a use that is late is refused, and said to be afterwards', async () => {
    const { tell, namespaces } = asked();
    const { answer, refusedLate, settle } = handling({ exempt: true, namespaces });
    tell({ tier: 'web' });
    await turn();
    expect(responseOf(answer.late?.() as never)).toMatchObject({ allowed: false, status: { code: 503 } });
    settle(onDisk);
    await answer.settled;
    expect(refusedLate).toHaveLength(1);
  });

  test('a deadline before the labels is a refusal on record, which they do not change any more', async () => {
    const { tell, namespaces } = asked();
    const { answer, appended, settle } = handling({ exempt: true, namespaces });
    const late = answer.late?.();
    expect(responseOf(late as never)).toMatchObject({ allowed: false, status: { code: 500 } });
    tell({ tier: 'web' });
    settle(onDisk);
    expect(await answer.settled).toBe(late);
    expect(appended).toMatchObject([{ recordType: 'denial', decision: { allowed: false, code: 500 } }]);
  });
});
