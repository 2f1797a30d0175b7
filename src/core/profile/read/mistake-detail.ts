/** What a mistake in a document is, for programs: of those that a runtime passes over, or takes in a way of its own. */
export type MistakeDetail =
  | { readonly kind: 'c-comment' }
  /** A key whose letters are not in the case of the known one, which would stand at `exactPath`. */
  | { readonly kind: 'key-in-other-case'; readonly key: string; readonly exactPath: string }
  | { readonly kind: 'not-a-list' }
  | { readonly kind: 'no-names' }
  | { readonly kind: 'empty-name' }
  | { readonly kind: 'white-space-in-name' }
  | { readonly kind: 'argument-key-missing' }
  | { readonly kind: 'argument-number'; readonly of: 'index' | 'value' }
  | { readonly kind: 'too-many-conditions' }
  | { readonly kind: 'errno-in-quotes' }
  | { readonly kind: 'errno-too-large' };
