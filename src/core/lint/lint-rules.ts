import { sp019MissingListener } from './rules/actions/sp019-missing-listener.js';
import { sp020WaitsForTracer } from './rules/actions/sp020-waits-for-tracer.js';
import { sp021KillsOneThread } from './rules/actions/sp021-kills-one-thread.js';
import { sp022NothingAllowed } from './rules/actions/sp022-nothing-allowed.js';
import { sp030AllowsByDefault } from './rules/actions/sp030-allows-by-default.js';
import { sp031LogsByDefault } from './rules/actions/sp031-logs-by-default.js';
import { sp035DefaultNotEnosys } from './rules/actions/sp035-default-not-enosys.js';
import { sp012ContradictingRules } from './rules/conditions/sp012-contradicting-rules.js';
import { sp013ShadowedRule } from './rules/conditions/sp013-shadowed-rule.js';
import { sp014ArgumentTwice } from './rules/conditions/sp014-argument-twice.js';
import { sp015SeveralNotEqual } from './rules/conditions/sp015-several-not-equal.js';
import { sp016BypassableComparison } from './rules/conditions/sp016-bypassable-comparison.js';
import { sp017UncertainRules } from './rules/conditions/sp017-uncertain-rules.js';
import { sp018ComparedAddress } from './rules/conditions/sp018-compared-address.js';
import { sp062UncomparedBits } from './rules/conditions/sp062-uncompared-bits.js';
import { sp066OneMoreFlag } from './rules/conditions/sp066-one-more-flag.js';
import { sp001NotJson } from './rules/document/sp001-not-json.js';
import { sp002KeyTwice } from './rules/document/sp002-key-twice.js';
import { sp003NoDefaultAction } from './rules/document/sp003-no-default-action.js';
import { sp004UnknownWord } from './rules/document/sp004-unknown-word.js';
import { sp005IgnoredByRuntimes } from './rules/document/sp005-ignored-by-runtimes.js';
import { sp006TwoKeysForOne } from './rules/document/sp006-two-keys-for-one.js';
import { sp007NoSyscallNamed } from './rules/document/sp007-no-syscall-named.js';
import { sp008ImpossibleArgument } from './rules/document/sp008-impossible-argument.js';
import { sp009ImpossibleErrno } from './rules/document/sp009-impossible-errno.js';
import { sp010PretendedSuccess } from './rules/document/sp010-pretended-success.js';
import { sp011ErrnoWithoutUse } from './rules/document/sp011-errno-without-use.js';
import { sp044RedundantRule } from './rules/document/sp044-redundant-rule.js';
import { sp050LargeProfile } from './rules/document/sp050-large-profile.js';
import { sp051MisplacedKey } from './rules/document/sp051-misplaced-key.js';
import { sp052WrongKind } from './rules/document/sp052-wrong-kind.js';
import { sp054BaseProfileElsewhere } from './rules/document/sp054-base-profile-elsewhere.js';
import { sp047UnusableProfilePath } from './rules/pods/sp047-unusable-profile-path.js';
import { sp048ProfileWithoutEffect } from './rules/pods/sp048-profile-without-effect.js';
import { sp049SharedProfile } from './rules/pods/sp049-shared-profile.js';
import { sp060AnnotationWithoutEffect } from './rules/pods/sp060-annotation-without-effect.js';
import { sp061MisplacedProfileField } from './rules/pods/sp061-misplaced-profile-field.js';
import { sp032CloneNamespaces } from './rules/reach/sp032-clone-namespaces.js';
import { sp033Clone3Bypass } from './rules/reach/sp033-clone3-bypass.js';
import { sp034Clone3NotEnosys } from './rules/reach/sp034-clone3-not-enosys.js';
import { sp036AboveRuntimeDefault } from './rules/reach/sp036-above-runtime-default.js';
import { sp037MissingCapability } from './rules/reach/sp037-missing-capability.js';
import { sp038IoUring } from './rules/reach/sp038-io-uring.js';
import { sp039AllSocketFamilies } from './rules/reach/sp039-all-socket-families.js';
import { sp040MultiplexerBypass } from './rules/reach/sp040-multiplexer-bypass.js';
import { sp063AnotherWayOpen } from './rules/reach/sp063-another-way-open.js';
import { sp065NoNewProcess } from './rules/reach/sp065-no-new-process.js';
import { sp023ContainerNotStarted } from './rules/runtime/sp023-container-not-started.js';
import { sp024RefusedAndWorkedAround } from './rules/runtime/sp024-refused-and-worked-around.js';
import { sp025NeedsNoNewPrivileges } from './rules/runtime/sp025-needs-no-new-privileges.js';
import { sp026RefusedProbeCommand } from './rules/runtime/sp026-refused-probe-command.js';
import { sp027UnlistedAbi } from './rules/runtime/sp027-unlisted-abi.js';
import { sp028NameMissingElsewhere } from './rules/runtime/sp028-name-missing-elsewhere.js';
import { sp029UnfitArchitectures } from './rules/runtime/sp029-unfit-architectures.js';
import { sp041UnknownName } from './rules/runtime/sp041-unknown-name.js';
import { sp042UselessName } from './rules/runtime/sp042-useless-name.js';
import { sp043MissingAlias } from './rules/runtime/sp043-missing-alias.js';
import { sp045RefusedFlags } from './rules/runtime/sp045-refused-flags.js';
import { sp046ChangedErrnosOnly } from './rules/runtime/sp046-changed-errnos-only.js';
import { sp057NoExec } from './rules/runtime/sp057-no-exec.js';
import { sp058NoCleanEnd } from './rules/runtime/sp058-no-clean-end.js';
import { sp064MissingOnListedArchitecture } from './rules/runtime/sp064-missing-on-listed-architecture.js';
import type { LintRule } from './subject/lint-rule.js';

/** Every rule, by its id. */
export const LINT_RULES: readonly LintRule[] = [
  sp001NotJson,
  sp002KeyTwice,
  sp003NoDefaultAction,
  sp004UnknownWord,
  sp005IgnoredByRuntimes,
  sp006TwoKeysForOne,
  sp007NoSyscallNamed,
  sp008ImpossibleArgument,
  sp009ImpossibleErrno,
  sp010PretendedSuccess,
  sp011ErrnoWithoutUse,
  sp012ContradictingRules,
  sp013ShadowedRule,
  sp014ArgumentTwice,
  sp015SeveralNotEqual,
  sp016BypassableComparison,
  sp017UncertainRules,
  sp018ComparedAddress,
  sp019MissingListener,
  sp020WaitsForTracer,
  sp021KillsOneThread,
  sp022NothingAllowed,
  sp023ContainerNotStarted,
  sp024RefusedAndWorkedAround,
  sp025NeedsNoNewPrivileges,
  sp026RefusedProbeCommand,
  sp027UnlistedAbi,
  sp028NameMissingElsewhere,
  sp029UnfitArchitectures,
  sp030AllowsByDefault,
  sp031LogsByDefault,
  sp032CloneNamespaces,
  sp033Clone3Bypass,
  sp034Clone3NotEnosys,
  sp035DefaultNotEnosys,
  sp036AboveRuntimeDefault,
  sp037MissingCapability,
  sp038IoUring,
  sp039AllSocketFamilies,
  sp040MultiplexerBypass,
  sp041UnknownName,
  sp042UselessName,
  sp043MissingAlias,
  sp044RedundantRule,
  sp045RefusedFlags,
  sp046ChangedErrnosOnly,
  sp047UnusableProfilePath,
  sp048ProfileWithoutEffect,
  sp049SharedProfile,
  sp050LargeProfile,
  sp051MisplacedKey,
  sp052WrongKind,
  sp054BaseProfileElsewhere,
  sp057NoExec,
  sp058NoCleanEnd,
  sp060AnnotationWithoutEffect,
  sp061MisplacedProfileField,
  sp062UncomparedBits,
  sp063AnotherWayOpen,
  sp064MissingOnListedArchitecture,
  sp065NoNewProcess,
  sp066OneMoreFlag,
];
