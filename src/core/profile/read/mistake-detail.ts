/** What a mistake in a document is, for programs: of those that not every runtime minds. */
export type MistakeDetail =
  | { readonly kind: 'c-comment' | 'form-feed' }
  /** More than is read here. */
  | { readonly kind: 'beyond-limits' };
