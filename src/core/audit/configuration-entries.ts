import type { RecordedDocument } from './admission-entry.js';

/** The policies in force changed, or a change was refused. */
export interface PolicySetEntry {
  readonly recordType: 'policy-set';
  readonly policySet: {
    readonly result: 'in-force' | 'refused';
    readonly contentSha256?: string;
    readonly previousSha256?: string;
    readonly policies: number;
    readonly exemptions: number;
    readonly added?: readonly RecordedDocument[];
    readonly changed?: readonly RecordedDocument[];
    readonly removed?: readonly RecordedDocument[];
    /** How many documents the lists above leave out. */
    readonly omitted?: number;
    readonly problems?: readonly string[];
  };
}

/** The webhook configurations changed: without them, or with others, the API server does not ask us. Written by the controller. */
export interface RegistrationEntry {
  readonly recordType: 'registration';
  readonly registration: {
    /** `MutatingWebhookConfiguration` or `ValidatingWebhookConfiguration`. */
    readonly kind: string;
    /** `written`: by us. `deleted`, `changed`: by somebody else, which the API server's own audit log names. */
    readonly change: 'written' | 'deleted' | 'changed';
    readonly detail: string;
  };
}
