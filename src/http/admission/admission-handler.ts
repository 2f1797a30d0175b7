import { decide } from '../../core/admission/decide/decide.js';
import type { Decision, Webhook } from '../../core/admission/decision.js';
import type { RequestFacts } from '../../core/admission/request/request-facts.js';
import { readReview, reviewAnswer } from '../../core/admission/request/review.js';
import type { AdmissionEntry } from '../../core/audit/admission-entry.js';
import { recordingNeed } from '../../core/audit/entries/recording-need.js';
import { recordsOf } from '../../core/audit/entries/records-of.js';
import { refusedUnread } from '../../core/audit/entries/refused-unread.js';
import type { Labels } from '../../core/policy/match/label-selector.js';
import type { RuleSet } from '../../core/policy/rules/rule-set.js';
import type { Problem } from '../../core/problem/problem.js';
import type { AuditLog } from '../../storage/records/audit-log.js';
import type { Receipt } from '../../storage/records/receipt.js';
import type { AdmissionService, BadReview, Received, UnreadHead } from './admission-service.js';
import type { HttpAnswer, PendingAnswer } from './answer.js';
import type { DecisionMetrics } from './decision-metrics.js';
import type { RulesInForce } from './rules-in-force.js';

/** Where the labels of namespaces come from in a cluster; without it, from the `Namespace` documents beside the policies. */
export interface NamespaceSource {
  labelsOf(namespace: string): Labels | undefined;
  /** Asks the cluster once. Rejects when it cannot tell within so many milliseconds; undefined: there is no such namespace. */
  fetch(namespace: string, deadline: number): Promise<Labels | undefined>;
}

/** Told of each decision once its answer is known, for the page and the terminal. */
export type DecisionListener = (request: RequestFacts, decision: Decision, recordId: string | undefined) => void;

export interface AdmissionHandlerParts {
  readonly rules: RulesInForce;
  readonly records: Pick<AuditLog, 'append' | 'refusedLate'>;
  readonly metrics: DecisionMetrics;
  readonly namespaces?: NamespaceSource;
  readonly onDecision?: DecisionListener;
}

type Request = RequestFacts & { readonly uid: string };

/**
 * Decides, and sees to it that what must be on record is on record before the answer leaves. Without its record a refusal stays
 * a refusal, and what an exemption lets through is refused.
 */
export class AdmissionHandler implements AdmissionService {
  readonly #parts: AdmissionHandlerParts;

  constructor(parts: AdmissionHandlerParts) {
    this.#parts = parts;
  }

  ready(): boolean {
    return this.#parts.rules.current !== undefined;
  }

  review(webhook: Webhook, review: unknown, received: Received): HttpAnswer | PendingAnswer | BadReview {
    const read = readReview(review);
    if (!read.ok) return { bad: read.message };
    const { request } = read;
    const rules = this.#rules();
    const { namespaces } = this.#parts;
    const namespace = typeof request.namespace === 'string' ? request.namespace : '';
    // What the cluster says counts: a Namespace document beside the policies may be out of date.
    const labels = namespaces === undefined ? rules.namespaceLabels(namespace) : namespaces.labelsOf(namespace);
    if (labels === undefined && namespaces !== undefined && namespace !== '' && this.#needsLabels(rules, namespace))
      return this.#reviewWithLabels(webhook, request, received, namespaces.fetch(namespace, received.deadline));
    return this.#answer(request, this.#decide(webhook, request, received, labels), received);
  }

  refuseUnread(webhook: Webhook, head: UnreadHead, message: string): PendingAnswer {
    const decision = refusal(webhook, 413, message);
    const { uid, caller } = head;
    const entry = refusedUnread({ webhook, uid, namespace: head.namespace, code: decision.code, message, caller });
    const answer = (recordId?: string): HttpAnswer => this.#settled(head, uid, decision, recordId);
    return inTime(
      this.#parts.records.append([entry]),
      (receipt) => answer(receipt.recorded ? receipt.recordId : undefined),
      () => answer(),
    );
  }

  #reviewWithLabels(
    webhook: Webhook,
    request: Request,
    received: Received,
    fetched: Promise<Labels | undefined>,
  ): PendingAnswer {
    let answer: HttpAnswer | PendingAnswer | undefined;
    const answered = (decision: Decision): HttpAnswer | PendingAnswer => {
      answer ??= this.#answer(request, decision, received);
      return answer;
    };
    const withoutLabels = (): HttpAnswer | PendingAnswer =>
      answered(
        refusal(
          webhook,
          500,
          `the labels of the namespace "${String(request.namespace)}" could not be had from the API server, and a policy asks for them: try again`,
        ),
      );
    const settled = fetched.then(
      (labels) => answer ?? answered(this.#decide(webhook, request, received, labels ?? {})),
      () => withoutLabels(),
    );
    return {
      settled: settled.then((got) => ('settled' in got ? got.settled : got)),
      late() {
        const got = answer ?? withoutLabels();
        return 'late' in got && got.late !== undefined ? got.late() : (got as HttpAnswer);
      },
    };
  }

  #decide(webhook: Webhook, request: Request, received: Received, labels: Labels | undefined): Decision {
    const { previous } = this.#parts.rules;
    return decide(this.#rules(), webhook, request, {
      now: received.at.getTime(),
      namespaceLabels: labels,
      ...(previous === undefined ? {} : { previous }),
    });
  }

  #answer(request: Request, decision: Decision, { at, caller }: Received): HttpAnswer | PendingAnswer {
    const need = recordingNeed(decision);
    const { records } = this.#parts;
    if (need === 'before-answer') {
      const told = this.#toldLater(request);
      const entries = recordsOf(request, decision, { observedTime: at, caller });
      return inTime(
        records.append(entries),
        (receipt) => this.#onReceipt(told, decision, receipt),
        () => this.#unrecorded(told, decision, outOfTime),
        decision.allowed ? (receipt) => this.#onLateReceipt(entries, receipt) : undefined,
      );
    }
    if (need === 'soon') void records.append(recordsOf(request, decision, { observedTime: at, caller }));
    return this.#settled(request, request.uid, decision);
  }

  /** What is still asked of a request once it is on record: the whole of it would outlive a collection of garbage while the disk is written. */
  #toldLater(request: Request): Request {
    if (this.#parts.onDecision !== undefined) return request;
    const { uid, operation, dryRun } = request;
    return { uid, operation, dryRun };
  }

  #onReceipt(request: Request, decision: Decision, receipt: Receipt): HttpAnswer {
    if (receipt.recorded) return this.#settled(request, request.uid, decision, receipt.recordId);
    return this.#unrecorded(request, decision, receipt.problem);
  }

  /** What is on record as let through was refused: that is on record, too. */
  #onLateReceipt([entry]: readonly AdmissionEntry[], { recorded, recordId }: Receipt): void {
    if (entry !== undefined && recorded && recordId !== undefined) this.#parts.records.refusedLate(entry, recordId);
  }

  #unrecorded(request: Request, decision: Decision, problem: Pick<Problem, 'message'>): HttpAnswer {
    return this.#settled(request, request.uid, decision.allowed ? notOnRecord(decision, problem) : decision);
  }

  #settled(request: RequestFacts, uid: string, decision: Decision, recordId?: string): HttpAnswer {
    this.#parts.metrics.count(decision);
    this.#parts.onDecision?.(request, decision, recordId);
    return {
      status: 200,
      body: reviewAnswer(uid, decision, recordId),
      operation: operationOf(request.operation),
      decision: decision.outcome,
      dryRun: request.dryRun === true,
    };
  }

  /** The set before is asked too while it counts, and labels that it does not know would make it more lenient than it was. */
  #needsLabels(rules: RuleSet, namespace: string): boolean {
    return (
      rules.needsNamespaceLabels(namespace) || this.#parts.rules.previous?.needsNamespaceLabels(namespace) === true
    );
  }

  #rules(): RuleSet {
    const { current } = this.#parts.rules;
    if (current === undefined) throw new Error('a review was handed on before policies were in force');
    return current;
  }
}

/** An answer that waits for its receipt; made once, by whichever comes first. A receipt that comes after it goes to `onLateReceipt`. */
function inTime(
  receipt: Promise<Receipt>,
  onReceipt: (receipt: Receipt) => HttpAnswer,
  onLate: () => HttpAnswer,
  onLateReceipt?: (receipt: Receipt) => void,
): PendingAnswer {
  let made: HttpAnswer | undefined;
  return {
    settled: receipt.then((got) => {
      if (made === undefined) made = onReceipt(got);
      else onLateReceipt?.(got);
      return made;
    }),
    late: () => {
      made ??= onLate();
      return made;
    },
  };
}

const outOfTime = { message: 'the record was not on disk in time' };

/** What an exemption lets through is let through on record only. */
function notOnRecord(decision: Decision, problem: Pick<Problem, 'message'>): Decision {
  const used = decision.findings.filter((finding) => finding.kind === 'exempted');
  const names = [...new Set(used.map((finding) => finding.exemption?.name ?? 'unknown'))].join(', ');
  return {
    ...refusal(
      decision.webhook,
      503,
      `the exemption ${names} lets this through, but only on record, and the record cannot be written now: ${problem.message}. Try again in a moment, or tell whoever runs Seccomply`,
    ),
    assignments: decision.assignments,
  };
}

function refusal(webhook: Webhook, code: number, message: string): Decision {
  return {
    webhook,
    outcome: code === 413 ? 'denied' : 'error',
    allowed: false,
    code,
    message,
    patch: [],
    warnings: [],
    assignments: [],
    findings: [],
  };
}

const operations: ReadonlySet<unknown> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/** For a metric's label: nothing that a caller makes up gets in. */
function operationOf(operation: unknown): string {
  return operations.has(operation) ? (operation as string) : 'unknown';
}
