/** What a record takes from an AdmissionRequest. Nothing is trusted to have its type: requests are read as they came. */
export interface RequestFacts {
  readonly uid?: unknown;
  readonly kind?: unknown;
  readonly resource?: unknown;
  readonly subResource?: unknown;
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly operation?: unknown;
  readonly userInfo?: unknown;
  readonly dryRun?: unknown;
  readonly object?: unknown;
  readonly oldObject?: unknown;
}
