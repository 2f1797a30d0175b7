/** `data` of a Secret: base64 by key. */
export type SecretData = Readonly<Record<string, string>>;
