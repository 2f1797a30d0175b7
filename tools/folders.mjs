// The folders of src/, in the order in which they may import each other: a folder imports itself and what stands before it, nothing else.
// `npm run lint` holds the code to this list (import-check.mjs), and docs/explanation/architecture.md is made from it.

/** `packages`: what the folder may import besides Node's own modules. */
export const parts = [
  part('Core: plain functions over plain data. No clock, no file, no network, no logger.', [
    folder('core/problem', 'what people are told: code, place, message, advice'),
    folder('core/text', 'small helpers: quoting, counting, columns, did-you-mean, results of reading a text'),
    folder('core/document', 'values with their lines and columns; strict JSON, canonical JSON'),
    folder('core/document/lenient-json', 'JSON as people write it: every mistake reported, and read as meant'),
    folder('core/document/yaml', 'YAML, with lines and columns', ['yaml']),
    folder('core/syscalls', 'syscall numbers and names per architecture, errno, aliases, classes of danger'),
    folder('core/profile', 'the seccomp document: model, catalogue, logical name and path, what runtimes add'),
    folder('core/profile/read', 'profiles from JSON: OCI, Docker, containers/common, security-profiles-operator'),
    folder('core/profile/runtime-read', 'what runc and crun take from JSON, mistakes included'),
    folder('core/profile/read/yaml', 'profiles of every format, YAML among them: the entry for files'),
    folder('core/profile/print', 'profiles as OCI and Docker JSON'),
    folder('core/profile/print/yaml', 'profiles as objects of the security-profiles-operator', ['yaml']),
    folder('core/filter', "what a filter answers to a syscall: evaluation, ambiguity, the runtime's stub"),
    folder('core/compile', 'a profile with conditions made into plain filters; stages'),
    folder('core/outcomes', 'what a profile answers to each syscall on one kind of node, as data and in words'),
    folder('core/compare', 'two profiles: which lets through more; merging'),
    folder('core/risk', 'how dangerous what a profile lets through is'),
    folder('core/lint/subject', 'what every lint rule is asked about'),
    folder('core/lint/rules/document', 'lint rules, one a file: the document by itself'),
    folder('core/lint/rules/conditions', 'rules on one syscall, comparisons of arguments'),
    folder('core/lint/rules/actions', 'what single actions do under a runtime'),
    folder('core/lint/rules/reach', 'what a profile lets a container reach'),
    folder('core/lint/rules/runtime', 'what runtimes, kernels and libraries need or make of a profile'),
    folder('core/lint/rules/pods', 'how a pod names its profiles'),
    folder('core/lint', 'linting a profile or the profiles of a pod; whether a runtime will start with one'),
    folder(
      'core/policy/values',
      'names, times, container types and paths on the host, as policies and pods spell them',
    ),
    folder('core/policy/match', 'globs, image patterns, selectors, container types, profile references'),
    folder('core/policy/schema', 'the shape of policy, exemption, profile and test documents', ['zod']),
    folder('core/policy/load', 'documents from text and from cluster objects'),
    folder('core/policy/rules', 'the compiled rule set: which rule is meant for a container'),
    folder('core/policy/check', 'what is wrong or pointless in a set of policies'),
    folder('core/policy/crd', 'the custom resource definitions', ['zod']),
    folder('core/policy/export', 'policies as ValidatingAdmissionPolicy and MutatingAdmissionPolicy (CEL)'),
    folder('core/admission', 'what a decision is'),
    folder('core/admission/request', 'the AdmissionReview in and out; its pod and containers'),
    folder('core/admission/assign', 'which profile a container gets'),
    folder('core/admission/requirements', 'what the pod violates, and what exemptions lift'),
    folder('core/admission/decide', 'the decision and its JSON patch'),
    folder('core/admission/explain', 'how a decision came about, in words; its patch applied', ['fast-json-patch']),
    folder('core/admission/test-run', 'policy tests; two rule sets compared'),
    folder('core/recommend', 'the profile that recorded syscalls call for; the catalogue is made with it'),
    folder('core/audit', 'what an audit record is; dedup, rate limit, controls'),
    folder('core/audit/entries', 'the entries that decisions and policy sets leave'),
    folder('core/audit/chain', 'records sealed into a chain, signed, and checked'),
    folder('core/manifests', 'the objects of an installation'),
  ]),
  part('Adapters: each touches one thing of the world, hands data in and carries decisions out.', [
    folder('system/terminal', 'colour and what is printable'),
    folder('system', 'log, clock, errno, signals, where the program lies', ['pino']),
    folder('system/metrics', 'counters and histograms, and every metric there is', ['prom-client']),
    folder('kubernetes', 'the protocol, no word of Seccomply: client, watch, informer, lease, events, kubeconfig', [
      '@kubernetes/client-node',
    ]),
    folder('files/policies', 'policies and their tests in files and folders: found, read in threads, watched'),
    folder('files', 'the catalogue of profiles, the demo set', ['zod']),
    folder('tls/certificate', 'issuing and checking certificates', ['node-forge']),
    folder('tls/authority', 'the certificate authority of a cluster: its Secret, its rotation', ['zod']),
    folder('tls/source', 'where a server gets its certificate from, renewed and swapped while it runs'),
    folder('storage/disk', 'files that keep what was written: synced writes, space kept back, many writes in one sync'),
    folder('storage/records', 'audit records on disk: the log, its recovery after a crash, its check'),
    folder('cluster', 'our custom kinds, and Secrets'),
    folder('cluster/registration', 'the webhook registration and whether it answers'),
    folder('cluster/policies', 'policies, profiles and namespaces as cluster objects'),
    folder('cluster/status', 'status and Events of our objects'),
    folder('cluster/doctor', 'what is wrong with an installation'),
    folder('cluster/install', 'installing and uninstalling'),
    folder('http/server', 'the HTTPS server, routes, health, errors', ['express']),
    folder('http/admission', 'the admission endpoint, from bytes to the answer', ['express']),
    folder('http/console', 'the page and its stream', ['express']),
  ]),
  part('Programs: settings, processes and commands, which only connect what stands above.', [
    folder('processes/settings', 'every flag, variable, config key and default, for every process', ['yaml']),
    folder('processes/common', 'what several processes have in common'),
    folder('processes/serve', 'one process without a cluster'),
    folder('processes/webhook', 'the webhook in a cluster'),
    folder('processes/controller', 'the controller: certificates, registration, status'),
    folder('cli/output', 'tables, problems, colour, exit codes', ['commander', 'yaml']),
    folder('cli/policy', '`policy …` and `admit`', ['commander', 'yaml']),
    folder('cli/profile', '`profile …`', ['commander']),
    folder('cli/audit', '`audit …`', ['commander']),
    folder('cli/certs', '`certs …`', ['commander']),
    folder('cli/cluster', '`install`, `uninstall`, `doctor`', ['commander']),
    folder('cli/process', '`serve`, `webhook`, `controller`', ['commander']),
    folder('cli', 'the program', ['commander']),
  ]),
];

export const folders = parts.flatMap((one) => one.folders);

function part(what, folders) {
  return { what, folders };
}

function folder(path, what, packages = []) {
  return { folder: path, what, packages };
}
