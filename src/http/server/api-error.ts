interface Kind {
  readonly status: number;
  /** What happened, for the reference page; the answer says it in its own words. */
  readonly meaning: string;
  /** What the caller, or the person who runs the server, can do. */
  readonly advice: string;
}

/** Every error an HTTP call can get, by its stable code. docs/reference/http-errors.md is made from it. */
export const apiErrors = {
  'not-found': {
    status: 404,
    meaning: 'Nothing is served at this path.',
    advice: 'Admission is POST /mutate and POST /validate; the rest is GET /healthz, /readyz and /metrics.',
  },
  'method-not-allowed': {
    status: 405,
    meaning: 'The path is served, but not with this method.',
    advice: 'The Allow header names the method.',
  },
  'unsupported-media-type': {
    status: 415,
    meaning: 'The body of an admission call is not declared as JSON.',
    advice: 'Send Content-Type: application/json, without Content-Encoding.',
  },
  'body-too-large': {
    status: 413,
    meaning:
      'The body is larger than --body-limit and has no request.uid at its head that a denial could be addressed to. With one, the answer is a denial (HTTP 200, status 413 inside).',
    advice: 'Raise --body-limit if such objects are wanted.',
  },
  'bad-request': {
    status: 400,
    meaning: 'What came over the connection is not HTTP/1.1.',
    advice: 'Speak HTTPS with HTTP/1.1, and one request after the other.',
  },
  'expectation-failed': {
    status: 417,
    meaning: 'The request has an Expect header that asks for something else than 100-continue.',
    advice: 'Leave the Expect header out.',
  },
  'headers-too-large': {
    status: 431,
    meaning: 'The head of the request is larger than 16 KiB.',
    advice: 'Send fewer or smaller headers.',
  },
  'body-missing': {
    status: 400,
    meaning: 'An admission call without a body.',
    advice: 'Send an AdmissionReview of admission.k8s.io/v1 as JSON.',
  },
  'body-incomplete': {
    status: 400,
    meaning: 'The connection ended before the whole body had arrived.',
    advice: 'Send as many bytes as Content-Length says.',
  },
  'body-fragmented': {
    status: 400,
    meaning: 'The body came in more than 4096 pieces of under 64 bytes on average.',
    advice: 'Send it with Content-Length, and in as few writes as it has kilobytes.',
  },
  'body-timeout': {
    status: 408,
    meaning: 'The body did not arrive within the deadline of the call.',
    advice: 'Look at the network between the caller and the server.',
  },
  'malformed-json': {
    status: 400,
    meaning: 'The body is not JSON.',
    advice: 'Send an AdmissionReview of admission.k8s.io/v1 as JSON in UTF-8.',
  },
  'json-too-deep': {
    status: 400,
    meaning:
      'The body is nested deeper than --json-depth and has no request.uid at its head that a denial could be addressed to. With one, the answer is a denial (HTTP 200, status 413 inside).',
    advice: 'No Kubernetes object is nested like that; raise --json-depth if yours is.',
  },
  'bad-review': {
    status: 400,
    meaning: 'The body is JSON, but no AdmissionReview v1 with a request.',
    advice: 'Send apiVersion admission.k8s.io/v1, kind AdmissionReview and a request with a uid.',
  },
  'client-certificate-required': {
    status: 401,
    meaning: 'Admission calls need a client certificate that --client-ca has signed, and none came that counts.',
    advice: 'Give the API server a client certificate: docs/how-to/client-certificates.md.',
  },
  'client-not-allowed': {
    status: 403,
    meaning: 'The client certificate is good, but its name is not in --client-names.',
    advice: 'Add the common name of the certificate to --client-names.',
  },
  'not-from-here': {
    status: 403,
    meaning: 'Pages for people are served to loopback, or with the link that was printed at start.',
    advice: 'Open the link from the start output, or come through a tunnel to 127.0.0.1.',
  },
  'not-ready': {
    status: 503,
    meaning: 'The policies are not in force yet, so nothing is decided.',
    advice: 'Wait for /readyz; it answers within a second of the start as a rule.',
  },
  overloaded: {
    status: 503,
    meaning: 'As many bytes of request bodies are held as --in-flight-limit allows.',
    advice: 'Try again; raise --in-flight-limit and the memory of the container, or add replicas.',
  },
  'deadline-exceeded': {
    status: 504,
    meaning: 'The decision was not made within the deadline of the call.',
    advice: 'Look at the load of the server (nodejs_eventloop_lag_p99_seconds) and at the size of the object.',
  },
  internal: {
    status: 500,
    meaning:
      'A defect of ours, or something the decision needed could not be had. The failurePolicy of the webhook decides.',
    advice: 'Look at the log of the server under the time of the call, and report it.',
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type ApiErrorCode = keyof typeof apiErrors;

/** The body of an error answer: never a stack, never a path of the file system. */
export function apiErrorBody(code: ApiErrorCode, message?: string): string {
  const { status, meaning, advice }: Kind = apiErrors[code];
  return `${JSON.stringify({ error: { code, status, message: message ?? meaning, advice } })}\n`;
}

export function apiErrorStatus(code: ApiErrorCode): number {
  return apiErrors[code].status;
}
