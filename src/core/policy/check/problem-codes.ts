/** What a code of a problem means; `docs/reference/policy-problems.md` and the rules of SARIF are made from this. */
export interface ProblemCode {
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

const of = (code: string, title: string, text: string): ProblemCode => ({ code, title, text });

/** Every code of a problem with policies, exemptions and their tests. Codes never change their meaning. */
export const problemCodes: readonly ProblemCode[] = [
  of(
    'PD001',
    'Not YAML or JSON',
    'The text breaks the grammar: a missing quote or bracket, a tab in the indentation, a key that is no plain text. The document does not load; the others in the file do.',
  ),
  of(
    'PD002',
    'Key twice',
    'The same key stands twice in one object, so one of the two values would be lost without a word. Keep one.',
  ),
  of('PD003', 'Unknown tag', 'A YAML tag (`!name`) has no meaning in a policy. Remove it.'),
  of(
    'PD004',
    'Too large',
    'The text is too large or too deeply nested, its aliases expand to too many values, or there are too many problems to list. Split it.',
  ),
  of(
    'PD005',
    'Wrong kind or apiVersion',
    'A document of the group `seccomply.dev` has a kind or an apiVersion that does not exist.',
  ),
  of(
    'PD006',
    'Other documents',
    'Documents of other kinds stand among the policies. They are left alone; this is a note.',
  ),
  of(
    'PD007',
    'Unknown key',
    'There is no such key at this place. Seccomply never passes over a key that it does not know: a misspelt `require` would protect nobody.',
  ),
  of(
    'PD008',
    'Missing',
    'A key that must be there is missing or empty. An exemption must name its namespaces: labels alone are no scope, since a pod could give itself any.',
  ),
  of('PD009', 'Wrong value', 'A value has the wrong type, or is none of those that are possible.'),
  of(
    'PD010',
    'Bad image pattern',
    'The image pattern is not well formed, or could never match. See the page on policies for what a pattern can say.',
  ),
  of(
    'PD011',
    'Bad name pattern',
    'The pattern for names of namespaces, containers, service accounts or runtime classes could never match.',
  ),
  of('PD012', 'Bad selector', 'A label selector that the API server would refuse, too.'),
  of(
    'PD013',
    'Bad profile reference',
    'This names no profile. A rule names `RuntimeDefault`, a catalogue profile such as `web-static`, or `Localhost/<path>`; files below `seccomply/` go by their catalogue names.',
  ),
  of('PD014', 'Bad name', 'The name is not one that Kubernetes takes, or is reserved.'),
  of('PD015', 'Bad time', 'Times are RFC 3339 with a time zone: `2027-01-31T00:00:00Z`.'),
  of('PD016', 'Twice', 'Two documents of a kind, or two rules of a policy, have the same name.'),
  of(
    'PD017',
    'Read otherwise by kubectl',
    'kubectl reads YAML 1.1, where this plain word or number means something else than it does here. Put it in quotes.',
  ),
  of('PD018', 'Does nothing', 'The policy assigns nothing and requires nothing.'),
  of(
    'PD019',
    'Last good version in force',
    'The document has an error now, and what it said before stays in force until it is corrected.',
  ),
  of(
    'PD020',
    'Cannot be read',
    'The file or folder does not exist, or must not be read; or it is a pipe, a device or a link to what is around the policies; or it has too much in it, or takes too long to read.',
  ),
  of(
    'PD021',
    'Cluster not read',
    'The policies of the cluster could not be read at the start, and the set that was last good is in force until they can.',
  ),
  of(
    'PL001',
    'Rule never reached',
    'A rule before this one, in the same policy, takes every container that it could match: rules are looked at in the order written. Move it up or remove it.',
  ),
  of(
    'PL002',
    'Rule never reached, because of another policy',
    'A policy that is looked at first, for its priority or its name, takes every container that this rule could match. Raise the priority, or narrow the other policy.',
  ),
  of(
    'PL003',
    'Tie in priority',
    'Two policies of the same priority can match the same container. The name decides then, and renaming a policy would change what containers get. A note where both give the same.',
  ),
  of(
    'PL004',
    'Contradiction',
    'A rule assigns what a requirement on the same pods does not allow: such pods are refused, and their authors cannot do anything about it. A warning where only some of the pods are in both.',
  ),
  of(
    'PL005',
    'Not in the catalogue',
    'No catalogue profile has this name. `--profiles` says where profiles are; without it the ones that come with Seccomply count.',
  ),
  of(
    'PL006',
    'Matches nothing in its tests',
    'The policy has tests beside it, and in none of them does this pattern match anything: it is misspelt, or nobody has tried it.',
  ),
  of(
    'PL007',
    'Exemption expired',
    'The date of the exemption is past. It does nothing any more, and denials that it would have lifted say so.',
  ),
  of('PL008', 'Exemption expires soon', 'The exemption ends within 14 days. Every use of it warns until then.'),
  of(
    'PL009',
    'Exemption too long',
    'The exemption ends further ahead than the longest term (90 days unless `--longest-exemption` says otherwise). It does nothing until its end comes near enough.',
  ),
  of(
    'PL010',
    'Exemption too broad',
    'The exemption allows Unconfined, Privileged or HostAccess without a digest in every image pattern. A tag can be moved to an image that nobody has looked at.',
  ),
  of(
    'PL011',
    'Exemption for every namespace',
    'The exemption names all namespaces, so that at most labels narrow it, and pods give themselves their labels.',
  ),
  of(
    'PL012',
    'Requirement out of reach',
    'The policy requires a profile of containers that no rule gives one to, and does not allow Unset: every pod that does not set a profile itself is refused. A note where the policy assigns nothing at all, which may be meant.',
  ),
  of(
    'PL013',
    'Requirement that labels evade',
    'The requirement holds, or does not hold, by a label of the pod. Labels belong to the author of the pod, who can leave the requirement by changing one.',
  ),
  of(
    'PL014',
    'Sandbox by name',
    'Pods leave the requirement by naming a runtime class. That is right for sandboxed runtimes, and nothing but the name tells them apart.',
  ),
  of(
    'PL015',
    'Containers left unset',
    'Init or ephemeral containers get no profile from any policy. They run without a filter unless the kubelet has seccompDefault.',
  ),
  of(
    'PL016',
    'In a file and in the cluster',
    'A file and a custom resource have the same kind and name. The file is looked at first.',
  ),
  of(
    'PL017',
    'Exemption for an unknown policy',
    'The exemption lifts the requirements of a policy that is not among those checked.',
  ),
  of('PL018', 'Matches no pod', 'The conditions of `match` rule each other out, or `exclude` takes out everything.'),
  of(
    'PL019',
    'Refused until the profile is there',
    'While the catalogue profile is not on the nodes the policy gives RuntimeDefault, which a requirement on the same pods does not allow.',
  ),
  of('PL020', 'Check was bounded', 'There was too much to compare or to list, and a part was left out.'),
  of(
    'PL021',
    'Requirement by service account',
    'The requirement holds, or does not hold, by the service account of the pod. The author of a pod may name every service account of its namespace.',
  ),
  of(
    'PL022',
    'Refuses nothing',
    'The profile lets every syscall through, for some containers or on some nodes at least, and so it counts as Unconfined: its name in a requirement or an exemption allows nothing but its logging stages, as a ceiling it limits nothing, and a container that gets it at stage Enforce runs as if it had none.',
  ),
  of('PT001', 'Not a test', 'A file that ends in `.test.yaml` holds something other than a PolicyTest.'),
  of('PT002', 'Test without a pod', 'The test has no pod, has two, or the pod has no spec.'),
  of('PT003', 'Test that cannot fail', 'The test expects nothing, or what contradicts itself.'),
  of('PT004', 'Test name twice', 'Two tests of a file have the same name.'),
  of(
    'PT005',
    'Pod file cannot be used',
    'The file that a test names cannot be read, or does not hold exactly one object.',
  ),
  of(
    'PT006',
    'Policies cannot be used',
    'The policies that the tests are for have errors or are missing, so the tests cannot run.',
  ),
];
