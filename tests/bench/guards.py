"""The guards of the write path, how each is removed, and the tests nearest to it."""

from dataclasses import dataclass

POLICY = "dfn_tui/service/changes/policy.py"
PLAN_RULES = "dfn_tui/service/changes/plan_rules.py"
TEAM_RULES = "dfn_tui/service/changes/team_rules.py"
TEAM_POLICY = "dfn_tui/config/team_policy.py"
FOUR_EYES = "dfn_tui/service/changes/four_eyes.py"
SEARCH = "dfn_tui/store/search.py"
SIGNATURES = "dfn_tui/service/four_eyes/checking.py"
STATEMENT = "dfn_tui/service/four_eyes/statement.py"
PRINCIPALS = "dfn_tui/service/four_eyes/principals.py"
SSH = "dfn_tui/service/four_eyes/ssh.py"
SIGNATURE_FILES = "dfn_tui/service/four_eyes/files.py"
APPROVING = "dfn_tui/service/bulk/approving.py"
CLI_APPROVING = "dfn_tui/cli/bulk/approving.py"
APPROVE_SCREEN = "dfn_tui/screens/bulk/approving.py"
TRUST = "dfn_tui/trust.py"
PIPELINE = "dfn_tui/service/changes/pipeline.py"
OUTCOME = "dfn_tui/service/changes/outcome.py"
VALUES = "dfn_tui/service/changes/values.py"
IDENTITIES = "dfn_tui/service/changes/identities.py"
RECONCILE = "dfn_tui/service/changes/reconcile.py"
SESSION = "dfn_tui/service/session.py"
BULK_SESSION = "dfn_tui/service/bulk/session.py"
PLANNING = "dfn_tui/service/bulk/planning.py"
CLASSIFY = "dfn_tui/service/bulk/plan/classify.py"
LISTING = "dfn_tui/service/bulk/run/listing.py"
SENT = "dfn_tui/service/bulk/run/sent.py"
HOSTS = "dfn_tui/store/hosts.py"
TOGETHER = "dfn_tui/store/together.py"
SEALED = "dfn_tui/service/bulk/run/sealed.py"
RUN_BATCH = "dfn_tui/service/bulk/run/batch.py"
RUN = "dfn_tui/service/bulk/run/run.py"
RUN_RECORDS = "dfn_tui/service/bulk/run/records.py"
JOB = "dfn_tui/service/bulk/run/job.py"
UNDOING = "dfn_tui/service/bulk/run/undoing.py"
READ_BACK = "dfn_tui/service/bulk/run/read_back.py"
RESUME = "dfn_tui/service/bulk/run/resume.py"
API_BATCH = "dfn_tui/api/batch.py"
RETRY = "dfn_tui/api/retry.py"
SHEETS = "dfn_tui/service/bulk/input/sheets.py"
MAPPER = "dfn_tui/service/bulk/input/mapper.py"
MEANINGS = "dfn_tui/service/bulk/input/meanings.py"
LAYOUT = "dfn_tui/service/bulk/input/layout.py"
CELLS = "dfn_tui/service/bulk/input/cells.py"
NO_IDS = "dfn_tui/service/changes/no_ids.py"
ROWS = "dfn_tui/service/bulk/input/rows.py"
SQL_LIST = "dfn_tui/service/bulk/input/sql_list.py"
EVIDENCE = "dfn_tui/service/bulk/input/evidence.py"
MAKING = "dfn_tui/service/bulk/plan/making.py"
CONNECTIONS = "dfn_tui/service/connections.py"
CONNECTION_TOKENS = "dfn_tui/service/connection_tokens.py"
ADDRESSES = "dfn_tui/service/addresses.py"
TOKEN_STORE = "dfn_tui/credentials/store.py"
CLI_RUNNING = "dfn_tui/cli/bulk/running.py"
CLI_CONFIRM = "dfn_tui/cli/confirm.py"
CLI_WRITING = "dfn_tui/cli/writing.py"
CLI_IDS = "dfn_tui/cli/ids.py"
SEEN = "dfn_tui/service/bulk/run/seen.py"
SNAPSHOT = "dfn_tui/store/snapshot.py"
TAKING = "dfn_tui/service/snapshots/taking.py"
RECEIPT = "dfn_tui/service/receipt.py"
SNAPSHOT_READER = "dfn_tui/service/snapshots/reader.py"
SNAPSHOT_VIEW = "dfn_tui/service/snapshots/view.py"
KEPT_LEFT = "dfn_tui/service/kept/left.py"
KEEPER = "dfn_tui/service/kept/keeper.py"
KEPT_FILE = "dfn_tui/store/kept.py"
STAGING = "dfn_tui/service/staging.py"
KEY_COMMAND = "dfn_tui/credentials/command.py"
KEPT_SCREEN = "dfn_tui/screens/kept.py"
QUITTING = "dfn_tui/screens/quitting.py"
STEERING = "dfn_tui/screens/bulk/steering.py"
TYPED_AHEAD = "dfn_tui/screens/typed_ahead.py"
REVIEW = "dfn_tui/screens/review.py"
CLI_UNDO = "dfn_tui/cli/undoing.py"
WATCHING = "dfn_tui/service/watching.py"
ARCHIVE_SENDING = "dfn_tui/service/archive/sending.py"
ARCHIVE_QUEUE = "dfn_tui/store/archive_queue.py"
ARCHIVE_VERIFY = "dfn_tui/store/archive_verify.py"
CONNINFO = "dfn_tui/config/conninfo.py"
CAMPAIGN = "dfn_tui/consent/campaign.py"
PREFLIGHT = "dfn_tui/service/bulk/preflight.py"
PREFLIGHT_LISTS = "dfn_tui/service/bulk/preflight_lists.py"

OF_POLICY = (
    "tests/unit/test_policy.py",
    "tests/unit/test_policy_warnings.py",
    "tests/service/test_session.py",
)
OF_TEAM = ("tests/unit/test_team_rules.py", "tests/service/test_team_policy_held.py")
OF_CUT = ("tests/service/test_four_eyes_cut.py",)
OF_FOUR_EYES = ("tests/unit/test_four_eyes_rule.py", "tests/service/test_four_eyes_apply.py")
OF_APPROVE = ("tests/commands/bulk/test_cli_bulk_approve.py",)
OF_TEAM_FILE = ("tests/unit/test_team_policy.py",)
OF_SESSION = (
    "tests/service/test_session.py",
    "tests/service/test_reconcile.py",
    "tests/service/test_session_deadline.py",
)
OF_CHECK = ("tests/unit/test_pipeline.py",)
OF_KEPT = ("tests/service/test_kept_edits.py",)
OF_KEY_COMMAND = ("tests/unit/test_journal_key_command.py",)
OF_BULK = (
    "tests/service/test_bulk_session.py",
    "tests/service/test_bulk_jobs.py",
    "tests/service/test_bulk_resume.py",
)
OF_WORD = ("tests/service/test_bulk_plan_word.py", "tests/service/test_bulk_undo_word.py")
OF_SEALED = ("tests/service/test_sealed_jobs.py",)
OF_PARTLY = ("tests/service/test_bulk_partly.py",)
OF_ONCE = ("tests/service/test_bulk_once.py",)
OF_HOSTS = ("tests/commands/test_two_hosts.py", "tests/unit/test_hosts.py")
OF_READING = ("tests/service/test_bulk_read_back.py",)
OF_OUTCOME = ("tests/unit/test_outcome.py", "tests/commands/test_lying_server.py")
OF_WORDS = ("tests/commands/test_fault_matrix.py",)
OF_VALUES = ("tests/unit/test_values.py", "tests/unit/test_consent_likeness.py")
OF_SHEETS = ("tests/unit/test_bulk_source_excel.py", "tests/unit/test_bulk_source_hostile.py")
OF_MAPPING = ("tests/unit/test_mapping.py", "tests/unit/test_lists.py", "tests/unit/test_lists_amiss.py")
OF_TYPING = ("tests/screens/test_typing_ahead.py",)
OF_KEPT_DIALOGS = ("tests/screens/test_kept_edits_screen.py",)
OF_NEW = ("tests/commands/bulk/test_cli_bulk_inspect.py",)
OF_SEEN = ("tests/service/test_seen_in_a_snapshot.py",)
OF_SNAPSHOT = ("tests/unit/test_snapshot_taking.py",)
OF_API = ("tests/api/test_batch.py", "tests/api/test_retry.py", "tests/api/test_v1.py")
OF_UNDO = ("tests/commands/test_cli_undo.py",)
OF_WATCH = ("tests/unit/test_watching.py",)
OF_ARCHIVE = ("tests/unit/test_archive_queue.py", "tests/unit/test_archive_config.py")
OF_CAMPAIGN = ("tests/unit/test_consent_campaign.py",)
OF_PREFLIGHT = ("tests/unit/test_preflight.py",)


@dataclass(frozen=True)
class Mutant:
    """A guard, and how it is removed: `old` stands once in `file` and becomes `new`."""

    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    # the policy
    Mutant("read-only", POLICY, "if mode.read_only:", "if False:", OF_POLICY),
    Mutant("place of a plan", PLAN_RULES, "if made_for != (", "if False and made_for != (", OF_POLICY),
    Mutant(
        "linking may merge",
        POLICY,
        "if any(kind is FieldKind.CI and name in _LINKABLE for kind, name in scope.fields):",
        "if False:",
        ("tests/commands/test_cli_version2.py",),
    ),
    Mutant("nothing to send", POLICY, "if not scope.users:", "if False:", OF_POLICY),
    Mutant("no removal", POLICY, "if scope.deletes - set(has.ci_fields):", "if False:", OF_POLICY),
    Mutant(
        "fields fit",
        POLICY,
        "if strange or not set(scope.plan.kinds) <= set(has.write_by):",
        "if False:",
        OF_POLICY,
    ),
    Mutant(
        "fields fit: kind",
        POLICY,
        "if strange or not set(scope.plan.kinds) <= set(has.write_by):",
        "if strange:",
        OF_POLICY,
    ),
    Mutant("cap of users", POLICY, "if scope.capped > max_users:", "if False:", OF_POLICY),
    Mutant(
        "no cap on withdrawals",
        POLICY,
        "if scope.capped > max_users:",
        "if scope.users > max_users:",
        OF_POLICY,
    ),
    Mutant(
        "cap of withdrawals, where it is set",
        POLICY,
        "if max_withdrawals is not None and",
        "if False and",
        OF_POLICY,
    ),
    Mutant("address of a plan", PLAN_RULES, "if plan.base_url and its != ours:", "if False:", OF_POLICY),
    Mutant("address of a plan: known", PLAN_RULES, "if not plan.base_url:", "if False:", OF_POLICY),
    Mutant("said no before", PLAN_RULES, "if resubscribed and not plan.resubscribe:", "if False:", OF_POLICY),
    Mutant(
        "age of a plan",
        PLAN_RULES,
        "if granted and plan_age",
        "if False and plan_age",
        OF_POLICY,
    ),
    Mutant(
        "age of a plan: to come",
        PLAN_RULES,
        "return abs(now - plan.made)",
        "return (now - plan.made)",
        OF_POLICY,
    ),
    Mutant(
        "evidence of each row",
        POLICY,
        "unproven = scope.granted > scope.proven",
        "unproven = not scope.proven",
        OF_POLICY,
    ),
    Mutant("cap of grants", POLICY, "if scope.granted > max_grants:", "if False:", OF_POLICY),
    Mutant("acknowledgement", POLICY, "if warning.id not in approval.acknowledged:", "if False:", OF_POLICY),
    Mutant(
        "acknowledgement: each",
        POLICY,
        "if warning.id not in approval.acknowledged:",
        "if not approval.acknowledged:",
        OF_POLICY,
    ),
    Mutant(
        "evidence",
        POLICY,
        "if asked.evidence_required and not approval.evidence.strip():",
        "if False:",
        OF_POLICY,
    ),
    Mutant(
        "evidence of a night",
        POLICY,
        "unproven and (night or production or many)",
        "unproven and (production or many)",
        OF_POLICY,
    ),
    Mutant(
        "evidence in production",
        POLICY,
        "unproven and (night or production or many)",
        "unproven and (night or many)",
        OF_POLICY,
    ),
    Mutant(
        "evidence of many",
        POLICY,
        "unproven and (night or production or many)",
        "unproven and (night or production)",
        OF_POLICY,
    ),
    Mutant(
        "reason", POLICY, "if asked.reason_required and not approval.reason.strip():", "if False:", OF_POLICY
    ),
    Mutant(
        "reason of many withdrawn",
        POLICY,
        "production or (many and scope.withdrawn > 0)",
        "production",
        OF_POLICY,
    ),
    Mutant(
        "typed count",
        POLICY,
        "if asked.count_required and approval.typed_count != scope.users:",
        "if False:",
        OF_POLICY,
    ),
    Mutant(
        "typed count: exact",
        POLICY,
        "approval.typed_count != scope.users:",
        "approval.typed_count is None:",
        OF_POLICY,
    ),
    Mutant(
        "night warning", POLICY, "if any(change.grants_night for change in grants):", "if False:", OF_POLICY
    ),
    Mutant("answer is the user's id", POLICY, "if scope.deletes and scope.user:", "if False:", OF_POLICY),
    Mutant("--yes in production", POLICY, "yes_is_enough=not production", "yes_is_enough=True", OF_POLICY),
    Mutant(
        "policy of single changes",
        SESSION,
        "self.admit(scope, approval)\n        async",
        "async",
        OF_SESSION,
    ),
    Mutant(
        "policy before journalling",
        SESSION,
        "self.admit(reviewed.scope, approval)  # again",
        "pass",
        OF_SESSION,
    ),
    Mutant(
        "policy of a plan",
        BULK_SESSION,
        "found = await asyncio.to_thread(self.guard, plan, approval)",
        "found = totals(plan)",
        OF_BULK,
    ),
    Mutant(
        "creates must be ticked off",
        "dfn_tui/service/review.py",
        'notice(f"{CREATES}{key}", text, must_acknowledge=True)'.replace("notice", "Notice"),
        'Notice(f"{CREATES}{key}", text, must_acknowledge=False)',
        OF_SESSION,
    ),
    # a second pair of eyes
    Mutant(
        "second: asked at all",
        POLICY,
        "    require_second(team, scope, connection, approval.signed)\n",
        "",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: said early",
        POLICY,
        "(*warnings(scope, now), *second_notice(team, scope, connection))",
        "warnings(scope, now)",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: single changes",
        FOUR_EYES,
        "    if scope.plan is None:\n        raise",
        "    if False:\n        raise",
        OF_FOUR_EYES,
    ),
    Mutant("second: two names", FOUR_EYES, " or signed.approver == signed.signer:", ":", OF_FOUR_EYES),
    Mutant(
        "second: withdrawals go on",
        FOUR_EYES,
        "return scope.capped > 0 and scope.capped + scope.before >=",
        "return scope.users + scope.before >=",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: withdrawals wait for nothing before",
        FOUR_EYES,
        "return scope.capped > 0 and scope.capped",
        "return scope.capped",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: withdrawals, where it says so",
        FOUR_EYES,
        "if team.four_eyes_withdrawals and scope.users >= team.four_eyes_from:",
        "if False:",
        OF_FOUR_EYES,
    ),
    Mutant("second: everywhere", FOUR_EYES, "if team.four_eyes_everywhere:", "if False:", OF_FOUR_EYES),
    Mutant(
        "second: connections",
        FOUR_EYES,
        "        return is_named(names, hosts, connection)",
        "        return True",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: what leads to the product is production",
        FOUR_EYES,
        "return connection.environment is Environment.PRODUCTION or is_product_host(connection)",
        "return connection.environment is Environment.PRODUCTION",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: a list in pieces", FOUR_EYES, "scope.capped + scope.before >=", "scope.capped >=", OF_CUT
    ),
    Mutant("second: pieces of a plan", APPROVING, "session.counted(found.scope, job)", "found.scope", OF_CUT),
    Mutant(
        "second: pieces, one by one",
        SESSION,
        "await asyncio.to_thread(self.counted, reviewed.scope)",
        "reviewed.scope",
        OF_CUT,
    ),
    Mutant(
        "second: what was approved is no piece",
        SEARCH,
        "    AND json_valid(body) AND json_extract(body, '$.approver') IS NULL\n",
        "    AND json_valid(body)\n",
        OF_CUT,
    ),
    Mutant("second: its own job is no piece", SEARCH, """ AND "write" <> :but""", "", OF_CUT),
    Mutant(
        "second: a withdrawal is no piece",
        SEARCH,
        "json_extract(change.value, '$.after') IS NOT 'Unsubscribed'",
        "1",
        OF_CUT,
    ),
    Mutant(
        "second: a day",
        APPROVING,
        "min(session.connection.plan_hours or PLAN_HOURS, PLAN_HOURS)",
        "session.connection.plan_hours or PLAN_HOURS",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: sent as it was approved",
        BULK_SESSION,
        "if on_conflict is OnConflict.OVERWRITE and totals(job.plan).granted:",
        "if False:",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: a plan is written",
        CLI_WRITING,
        "                session.require_single(reviewed.scope)",
        "                pass",
        ("tests/commands/bulk/test_cli_bulk_approve.py",),
    ),
    Mutant(
        "the company's archive",
        TEAM_RULES,
        "return not asked.archives or bool(places and set(places) <= set(asked.archives))",
        "return True",
        ("tests/unit/test_team_rules.py",),
    ),
    Mutant(
        "no withdrawal waits for a silent archive",
        "dfn_tui/service/archive/background.py",
        "if self._ended is None and self._was_silent():",
        "if False:",
        ("tests/commands/test_archive_beside.py",),
    ),
    Mutant(
        "a grant of unknown outcome is no yes",
        SNAPSHOT_VIEW,
        "if held.get(flag) is State.SUBSCRIBED and",
        "if False and",
        ("tests/commands/bulk/test_cli_preflight_snapshot.py",),
    ),
    Mutant(
        "what was written since counts before a campaign",
        "dfn_tui/service/snapshots/snapshots.py",
        "replace(view, later=later.get(one, {}))",
        "view",
        ("tests/commands/bulk/test_cli_preflight_snapshot.py",),
    ),
    Mutant(
        "second: another principal",
        SIGNATURES,
        "if (said.principal == wanted.principal) is not (wanted.role is SignedAs.APPLY):",
        "if False:",
        OF_FOUR_EYES,
    ),
    Mutant("second: role", SIGNATURES, "if said.role is not wanted.role:", "if False:", OF_FOUR_EYES),
    Mutant("second: place", SIGNATURES, "if not said.same_place(wanted):", "if False:", OF_FOUR_EYES),
    Mutant(
        "second: place: told by name",
        STATEMENT,
        "    return one.connection, one.environment, one.address, one.service",
        "    return one.environment, one.address, one.service",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: place: told by address",
        STATEMENT,
        "    return one.connection, one.environment, one.address, one.service",
        "    return one.connection, one.environment, one.service",
        OF_FOUR_EYES,
    ),
    Mutant("second: plan", SIGNATURES, "if not said.same_plan(wanted):", "if False:", OF_FOUR_EYES),
    Mutant(
        "second: plan: digest",
        STATEMENT,
        "return (self.plan, *_place(self), self.users) == (other.plan, *_place(other), other.users)",
        "return self.users == other.users",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: plan: users",
        STATEMENT,
        "return (self.plan, *_place(self), self.users) == (other.plan, *_place(other), other.users)",
        "return self.plan == other.plan",
        OF_FOUR_EYES,
    ),
    Mutant("second: future", SIGNATURES, "if said.at - now > AHEAD:", "if False:", OF_FOUR_EYES),
    Mutant("second: age", SIGNATURES, "if now - said.at > longest:", "if False:", OF_FOUR_EYES),
    Mutant(
        "second: on the map",
        SIGNATURES,
        "if said.principal not in people.principals:",
        "if False:",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: signature",
        SIGNATURES,
        "if not verify(said.text, signed.signature, said.principal, people.signers):",
        "if False:",
        OF_FOUR_EYES,
    ),
    Mutant("second: key of one person", SIGNATURES, "    if shared:", "    if False:", OF_FOUR_EYES),
    Mutant(
        "second: own signature counts",
        SIGNATURES,
        "            _check_signature(signed, people)\n        except",
        "            pass\n        except",
        OF_FOUR_EYES,
    ),
    Mutant("second: one form", STATEMENT, "if statement.text != line + end:", "if False:", OF_FOUR_EYES),
    Mutant(
        "second: purpose",
        SSH,
        '["-Y", "sign", "-n", NAMESPACE, "-f", file]',
        '["-Y", "sign", "-n", "git", "-f", file]',
        OF_FOUR_EYES,
    ),
    Mutant("second: revoked", SSH, "        if os.path.lexists(revoked):", "        if False:", OF_FOUR_EYES),
    Mutant(
        "second: program of root", SSH, "        if exposed is not None:", "        if False:", OF_FOUR_EYES
    ),
    Mutant(
        "second: program not by PATH",
        SSH,
        "            [_found(program), *words],",
        '            ["env", program, *words],',
        OF_FOUR_EYES,
    ),
    Mutant("second: environment", SSH, "            env=environment,\n", "", OF_FOUR_EYES),
    Mutant(
        "second: ends",
        SSH,
        "communicate(given, timeout=limit)",
        "communicate(given, timeout=None)",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: no terminal",
        SSH,
        "start_new_session=not terminal,",
        "start_new_session=False,",
        OF_APPROVE,
    ),
    Mutant(
        "second: one principal", PRINCIPALS, "        if len(mine) == 1:", "        if mine:", OF_FOUR_EYES
    ),
    Mutant(
        "second: accounts of one number",
        PRINCIPALS,
        "if _uid_of(user) == uid}",
        "if user == _user_name(uid)}",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: login",
        PRINCIPALS,
        "return os.getuid() if uid == _UNSET else uid",
        "return os.getuid()",
        OF_FOUR_EYES,
    ),
    Mutant("second: files of root", PRINCIPALS, "    if exposed is not None:", "    if False:", OF_FOUR_EYES),
    Mutant(
        "second: files of root: revoked",
        PRINCIPALS,
        "        if os.path.lexists(revoked):\n            _check_trust(revoked)\n",
        "",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: files of root: keys",
        PRINCIPALS,
        "for file in (policy.allowed_signers, policy.principals):",
        "for file in (policy.principals,):",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: no pattern for a principal",
        PRINCIPALS,
        "if not (isinstance(name, str) and _PRINCIPAL.fullmatch(name)):",
        "if not isinstance(name, str):",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: signature files: pipes",
        SIGNATURE_FILES,
        "if stat.S_ISREG(path.stat().st_mode):",
        "if True:",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: signature files: new",
        SIGNATURE_FILES,
        "descriptor = create_private(path)",
        "descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: signed as looked at",
        APPROVING,
        "    if found.digest != digest:",
        "    if False:",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: own signature at the start",
        APPROVING,
        "        check(own, wanted, known_people(team), APPLIED)\n",
        "",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: signed again",
        BULK_SESSION,
        "        return replace(record, signatures=signatures)",
        "        return record",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: checked before anything is asked",
        PLANNING,
        "        approved = second_of(self.session, found, beside(plan.path))",
        "        approved = None",
        OF_FOUR_EYES,
    ),
    Mutant(
        "second: names in the journal", BULK_SESSION, "                    signed=signed,\n", "", OF_FOUR_EYES
    ),
    Mutant(
        "second: confirmed",
        CLI_APPROVING,
        '    if typed.replace(",", "") != str(users):',
        "    if False:",
        OF_APPROVE,
    ),
    Mutant("second: nothing to approve", CLI_APPROVING, "    if not users:", "    if False:", OF_APPROVE),
    Mutant(
        "second: a copy is looked at",
        CLI_APPROVING,
        "    with open_copy(args.plan) as plan:",
        "    from dfn_tui.service.bulk.plan.file import open_plan\n    with open_plan(args.plan) as plan:",
        OF_APPROVE,
    ),
    Mutant(
        "second: confirmed on screen",
        APPROVE_SCREEN,
        'if self.typed("count").strip().replace(",", "") != str(self._found.to_send):',
        "if False:",
        ("tests/screens/test_approving_screen.py",),
    ),
    # the company's policy
    Mutant(
        "company: asked at all",
        POLICY,
        "    require_sendable(team, scope, connection, now, forwarded)\n",
        "",
        OF_TEAM,
    ),
    Mutant(
        "company: answers asked",
        POLICY,
        "    require_answers(team, scope, connection, approval.evidence, approval.reason)\n",
        "",
        OF_TEAM,
    ),
    Mutant("company: reason said to be required", POLICY, " or bool(pattern),", ",", OF_TEAM),
    Mutant(
        "company: evidence said to be required",
        POLICY,
        "        or evidence_always(team, scope, connection),",
        ",",
        OF_TEAM,
    ),
    Mutant(
        "company: read-only", TEAM_RULES, "if holds(team.read_only, scope, connection):", "if False:", OF_TEAM
    ),
    Mutant("company: cap of users", TEAM_RULES, "        if users > cap.most:", "        if False:", OF_TEAM),
    Mutant(
        "company: cap of users: withdrawals",
        TEAM_RULES,
        "users = scope.users if cap.withdrawals else scope.capped",
        "users = scope.users",
        OF_TEAM,
    ),
    Mutant(
        "company: cap of users: withdrawals, where it says so",
        TEAM_RULES,
        "users = scope.users if cap.withdrawals else scope.capped",
        "users = scope.capped",
        OF_TEAM,
    ),
    Mutant("company: cap of grants", TEAM_RULES, "and scope.granted > cap.most:", "and False:", OF_TEAM),
    Mutant(
        "company: form of a reason",
        TEAM_RULES,
        "if pattern and not fits(pattern, reason):",
        "if False:",
        OF_TEAM,
    ),
    Mutant(
        "company: evidence",
        TEAM_RULES,
        "if evidence_always(team, scope, connection) and not evidence.strip():",
        "if False:",
        OF_TEAM,
    ),
    Mutant(
        "company: evidence of each row",
        TEAM_RULES,
        "and sent > scope.proven",
        "and not scope.proven",
        OF_TEAM,
    ),
    Mutant(
        "company: hours of grants",
        TEAM_RULES,
        "        _require_hour(team, team.grant_hours, now)\n",
        "        pass\n",
        OF_TEAM,
    ),
    Mutant(
        "company: hours of grants: grants alone",
        TEAM_RULES,
        "team.grant_hours is not None and scope.granted and _over",
        "team.grant_hours is not None and _over",
        OF_TEAM,
    ),
    Mutant(
        "company: hours of grants: midnight",
        TEAM_RULES,
        "if start < end else at >= start or at < end):",
        "if start < end else False):",
        OF_TEAM,
    ),
    Mutant(
        "company: hours of grants: Korea",
        TEAM_RULES,
        "now.astimezone(KOREA).time(), hours.start",
        "now.time(), hours.start",
        OF_TEAM,
    ),
    Mutant("company: forwarding", TEAM_RULES, "    if not found.configured:", "    if False:", OF_TEAM),
    Mutant(
        "company: forwarding: age",
        TEAM_RULES,
        "if now - found.oldest > timedelta(minutes=asked.minutes):",
        "if False:",
        OF_TEAM,
    ),
    Mutant(
        "company: forwarding: not known",
        TEAM_RULES,
        '        raise GateRefused(\n            _("The archive may be behind")',
        '        return\n        raise GateRefused(\n            _("The archive may be behind")',
        OF_TEAM,
    ),
    Mutant(
        "company: withdrawals go on", TEAM_RULES, "and (rule.withdrawals or scope.capped > 0)", "", OF_TEAM
    ),
    Mutant(
        "company: withdrawals, where it says so",
        TEAM_RULES,
        "and (rule.withdrawals or scope.capped > 0)",
        "and scope.capped > 0",
        OF_TEAM,
    ),
    Mutant(
        "company: connections by name",
        TEAM_RULES,
        "return everywhere or is_named(rule.connections, rule.hosts, connection)",
        "return True",
        OF_TEAM,
    ),
    Mutant(
        "company: connections by host",
        TEAM_RULES,
        "return connection.name in names or host_of(connection) in hosts",
        "return connection.name in names",
        OF_TEAM,
    ),
    Mutant(
        "company: cannot be used",
        TEAM_RULES,
        "        if scope.capped:  # it says",
        "        if False:  # it says",
        OF_TEAM,
    ),
    Mutant(
        "company: cannot be used: withdrawals go on",
        TEAM_RULES,
        "        if scope.capped:  # it says",
        "        if True:  # it says",
        OF_TEAM,
    ),
    Mutant("company: read at each write", SESSION, "self.team_policy() if sends else None", "None", OF_TEAM),
    Mutant(
        "company: read back all the same",
        SESSION,
        "self.team_policy() if sends else None",
        "self.team_policy()",
        OF_TEAM,
    ),
    Mutant("company: asked at each batch", RUN_BATCH, " or not self._admitted():", ":", OF_TEAM),
    Mutant(
        "company: stopped by a rule: read back",
        RUN,
        "                self.rate_limiter.reopen()\n            if self.reads_back",
        "            if self.reads_back",
        OF_TEAM,
    ),
    Mutant("company: belongs to root", TRUST, "    if found.st_uid != 0:", "    if False:", OF_TEAM_FILE),
    Mutant(
        "company: written by root alone",
        TRUST,
        "or kept_apart or not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)",
        "or True",
        OF_TEAM_FILE,
    ),
    Mutant(
        "company: written by root alone: groups",
        TRUST,
        "found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)",
        "found.st_mode & stat.S_IWOTH",
        OF_TEAM_FILE,
    ),
    Mutant(
        "company: taken away by others",
        TRUST,
        "        if (exposed := judged(at, found)) is not None:",
        "        if at == path and (exposed := judged(at, found)) is not None:",
        OF_TEAM_FILE,
    ),
    Mutant(
        "company: leads nowhere",
        TEAM_POLICY,
        "if not any(part.is_symlink() and not part.exists() for part in (path, *path.parents)):",
        "if True:",
        OF_TEAM_FILE,
    ),
    Mutant("company: fits an empty reason", TEAM_POLICY, 'if found.search(""):', "if False:", OF_TEAM_FILE),
    Mutant(
        "company: no connections named",
        TEAM_POLICY,
        "if not isinstance(value, list) or not value:",
        "if not isinstance(value, list):",
        OF_TEAM_FILE,
    ),
    Mutant(
        "company: waits since when",
        ARCHIVE_QUEUE,
        "            return at if at.utcoffset() is not None else datetime.min.replace(tzinfo=UTC)\n",
        "            return None\n",
        OF_TEAM,
    ),
    # ids and values
    Mutant(
        "kind in doubt",
        IDENTITIES,
        "if (kind := looks_like(value)) is not None:",
        "if False:",
        ("tests/unit/test_kind_in_doubt.py",),
    ),
    Mutant("Undefined is no value", VALUES, "if bare.casefold() == _ABSENT:", "if False:", OF_VALUES),
    Mutant("consent words", VALUES, "if is_consent_word(text):", "if False:", OF_VALUES),
    # before sending
    Mutant(
        "end of settling",
        SESSION,
        "with deadline(A_LOOK_UP):\n                settled",
        "if True:\n                settled",
        OF_SESSION,
    ),
    Mutant(
        "end of a look-up",
        SESSION,
        "with deadline(A_LOOK_UP):\n            found",
        "if True:\n            found",
        OF_SESSION,
    ),
    Mutant("stale check", SESSION, "if checked.conflicts:", "if False:", OF_SESSION),
    Mutant("stale check: strict", SESSION, "now, strict=True)", "now, strict=False)", OF_SESSION),
    Mutant("stale check: left out", SESSION, "if c.identity not in approval.leave_out}", "}", OF_SESSION),
    Mutant(
        "conflict in a group", PIPELINE, "            if changed:\n                continue\n", "", OF_CHECK
    ),
    Mutant(
        "unread is not sent",
        PIPELINE,
        "            if lost:\n",
        "            if False:\n",
        (*OF_SESSION, "tests/commands/test_lying_server.py"),
    ),
    Mutant(
        "no head is a user",
        "dfn_tui/cli/ids.py",
        "if len(found) > 1 and is_head(found[0]):",
        "if False:",
        ("tests/commands/test_cli_set.py",),
    ),
    Mutant(
        "unread holds up nothing else",
        PIPELINE,
        "pairs = [pair for pair in pairs if pair[1].read]",
        "continue",
        OF_CHECK,
    ),
    Mutant(
        "only what is not as wanted", PIPELINE, "if not same_value(found.now, item.after)]", "]", OF_CHECK
    ),
    Mutant("who was sent stays noted", LISTING, "note_sent(job, self.journal)", "pass", OF_ONCE),
    Mutant("freshness filter", RUN_BATCH, "return checked.fresh", "return groups", OF_BULK),
    Mutant(
        "freshness: overwrite only if asked",
        RUN_BATCH,
        "self._reads and (record.sent_again or not self._overwrite)",
        "False",
        OF_BULK,
    ),
    Mutant(
        "freshness: who was sent before",
        RUN_BATCH,
        "(record.sent_again or not self._overwrite)",
        "not self._overwrite",
        OF_BULK,
    ),
    Mutant("freshness: overwrite sends what was changed", PIPELINE, "and not overwrite and", "and", OF_CHECK),
    Mutant(
        "stop at a conflict",
        RUN_BATCH,
        "if self._stop_at_conflict and checked.conflicts:",
        "if False:",
        OF_BULK,
    ),
    Mutant(
        "nothing is sent where one looks first",
        RUN,
        "if not (self._look_first and await self._find_conflicts()):",
        "if await self._find_conflicts() or True:",
        OF_BULK,
    ),
    Mutant(
        "intent before send",
        SESSION,
        "entries = await journal_intents(\n            "
        "self.journal, self.connection, groups, reviewed, approval, self.incident\n        )\n        "
        "replies = await send(client, groups, at_step(ChangeStep.SEND, len(groups), progress))",
        "replies = await send(client, groups, at_step(ChangeStep.SEND, len(groups), progress))\n        "
        "entries = await journal_intents(\n            "
        "self.journal, self.connection, groups, reviewed, approval, self.incident\n        )",
        OF_SESSION,
    ),
    Mutant(
        "intent before send, of many",
        RUN_BATCH,
        "numbers = iter(await self._run_log.begin(intents(groups, self._blank, job=True)))\n        "
        "sent = [(group, [next(numbers) for _user in group.users]) for group in groups]\n        "
        "replies = await send(self._client.api, groups)",
        "replies = await send(self._client.api, groups)\n        "
        "numbers = iter(await self._run_log.begin(intents(groups, self._blank, job=True)))\n        "
        "sent = [(group, [next(numbers) for _user in group.users]) for group in groups]",
        ("tests/unit/test_bulk_run_log.py", *OF_BULK),
    ),
    Mutant(
        "no link is removed",
        PIPELINE,
        "if _ci(group, CI_DELETE):  # no",
        "if False:  # no",
        OF_CHECK,
    ),
    Mutant(
        "nothing leaves after a stop",
        API_BATCH,
        "or (self._write and requests.closed)",
        "",
        ("tests/service/test_session_deadline.py", *OF_API),
    ),
    Mutant(
        "nothing leaves a closed limiter",
        API_BATCH,
        "if self._stopped or requests.stopped or",
        "if self._stopped or",
        (*OF_API, "tests/service/test_bulk_finishing.py"),
    ),
    # how often
    Mutant("busy majority", API_BATCH, "if 2 * busy > len(items):", "if 30 * busy > len(items):", OF_API),
    Mutant("busy majority: at all", API_BATCH, "if 2 * busy > len(items):", "if False:", OF_API),
    Mutant("attempts", RETRY, "if self.exhausted:\n            return False\n        pause", "pause", OF_API),
    Mutant("attempts: limit", RETRY, "if self.exhausted and policy.rate_limits_count:", "if False:", OF_API),
    Mutant(
        "lost writes are not repeated", RETRY, "return not write and isinstance", "return isinstance", OF_API
    ),
    Mutant(
        "unreached writes are not repeated", RETRY, "(policy.resend_unreached or not write)", "True", OF_API
    ),
    Mutant(
        "only 5003 is repeated", API_BATCH, "return reply.code == BUSY", "return reply.code[0] == '5'", OF_API
    ),
    Mutant(
        "split only what is believed",
        API_BATCH,
        "isinstance(error, Rejected) and error.believed and",
        "isinstance(error, Rejected) and",
        OF_API,
    ),
    Mutant("no user twice in a request", API_BATCH, "or item.identity.value in seen:", ":", OF_API),
    Mutant(
        "a contradiction",
        API_BATCH,
        "if failed is not None and found is not None and self._write:",
        "if False:",
        OF_API,
    ),
    Mutant("tries of a lost change", RUN_BATCH, "self._tries[one.user.number] + 1 < TRIES", "True", OF_BULK),
    Mutant(
        "only lost changes are tried again",
        RUN_BATCH,
        "if lost and result.outcome",
        "if result.outcome",
        OF_BULK,
    ),
    Mutant(
        "requests in vain",
        API_BATCH,
        "or self._in_vain >= self.policy.in_vain:",
        ":",
        (*OF_API, "tests/service/test_bulk_finishing.py"),
    ),
    # the connection
    Mutant(
        "leftover bytes",
        "dfn_tui/api/connection.py",
        "and not self._protocol.trailing_data[0] and self._stream.quiet",
        "and self._stream.quiet",
        ("tests/api/test_pool.py",),
    ),
    Mutant(
        "https: never in plain text",
        "dfn_tui/api/connection.py",
        "_given(tls) if url.scheme",
        "tls if url.scheme",
        ("tests/api/test_pool.py",),
    ),
    Mutant(
        "leftover bytes: unread",
        "dfn_tui/api/connection.py",
        "and not self._protocol.trailing_data[0] and self._stream.quiet",
        "and not self._protocol.trailing_data[0]",
        ("tests/api/test_pool.py",),
    ),
    Mutant(
        "fresh connection",
        "dfn_tui/api/pool.py",
        "None if fresh else self._kept()",
        "self._kept()",
        ("tests/api/test_pool.py", "tests/api/test_v2.py"),
    ),
    Mutant(
        "fresh connection: not kept",
        "dfn_tui/api/pool.py",
        "keep=not fresh)",
        "keep=True)",
        ("tests/api/test_pool.py", "tests/api/test_v2.py"),
    ),
    Mutant(
        "proxy: more than an address",
        "dfn_tui/api/proxies.py",
        "and not _rest(url)",
        "and True",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "proxy: a port",
        "dfn_tui/api/proxies.py",
        "0 < url.port < 2**16",
        "True",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "proxy: a password in NO_PROXY",
        "dfn_tui/api/proxies.py",
        'if "@" in setting else',
        "if False else",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "proxy: port of an entry",
        "dfn_tui/api/proxies.py",
        "if port not in (None, url.port or 443):",
        "if False:",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "proxy: its time",
        "dfn_tui/api/connection.py",
        '"proxy-timeout" if isinstance(exc, TimeoutError) else otherwise',
        "otherwise",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "proxy: a way that gives no TLS",
        "dfn_tui/api/connection.py",
        "raise TunnelFailed(_reason_within(exc)) from exc",
        "raise",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "ci: a number is no identifier",
        "dfn_tui/api/v1_answers.py",
        "if not isinstance(value, str)}",
        "if False}",
        ("tests/api/test_odd_answers.py", "tests/commands/test_odd_users.py"),
    ),
    Mutant(
        "output: what cannot be printed hides no code",
        "dfn_tui/cli/output.py",
        "            self.failure = error\n",
        "            raise error\n",
        ("tests/commands/test_closed_pipe.py",),
    ),
    Mutant(
        "journal: no outcome for an entry of another file",
        "dfn_tui/store/journal.py",
        "            if self._lost:\n",
        "            if False:\n",
        ("tests/unit/test_journal_file.py", "tests/commands/bulk/test_cli_bulk_lost.py"),
    ),
    Mutant(
        "job: a file that is gone takes nothing",
        "dfn_tui/service/bulk/run/job.py",
        "if _identity(self.path) != self._file:",
        "if False:",
        ("tests/commands/bulk/test_cli_bulk_lost.py",),
    ),
    Mutant(
        "job: who was sent and not written down is unknown",
        "dfn_tui/cli/bulk/running.py",
        "or unread or run.left_open",
        "or unread",
        ("tests/commands/bulk/test_cli_bulk_lost.py",),
    ),
    Mutant(
        "proxy: its refusal",
        "dfn_tui/api/connection.py",
        "if not 200 <= status < 300:",
        "if False:",
        ("tests/api/test_proxies.py",),
    ),
    Mutant(
        "encoding: bounded pieces",
        "dfn_tui/api/encoding.py",
        "inflate.decompress(rest, _PIECE)",
        "inflate.decompress(rest)",
        ("tests/api/test_encoding.py",),
    ),
    Mutant(
        "encoding: cut off",
        "dfn_tui/api/encoding.py",
        "not inflate.eof or inflate.unused_data",
        "inflate.unused_data",
        ("tests/api/test_encoding.py",),
    ),
    Mutant(
        "encoding: followed by more",
        "dfn_tui/api/encoding.py",
        "not inflate.eof or inflate.unused_data",
        "not inflate.eof",
        ("tests/api/test_encoding.py",),
    ),
    Mutant(
        "encoding: can be left",
        "dfn_tui/api/encoding.py",
        "await asyncio.sleep(0)",
        "pass",
        ("tests/api/test_encoding.py",),
    ),
    Mutant(
        "encoding: only those known",
        "dfn_tui/api/encoding.py",
        'encoding in ("gzip", "x-gzip", "deflate")',
        '"gzip" in encoding',
        ("tests/api/test_encoding.py",),
    ),
    # what reading back means
    Mutant(
        "judge: words of a lost answer",
        OUTCOME,
        "if reply is not None and reply.error is not None and not reply.refused:",
        "if False:",
        OF_WORDS,
    ),
    Mutant("judge: nothing read", OUTCOME, "if not found.read:", "if False:", OF_OUTCOME),
    Mutant("judge: as wanted", OUTCOME, "if same_value(found.now, change.after):", "if False:", OF_OUTCOME),
    Mutant(
        "judge: accepted, not so",
        OUTCOME,
        '        return Outcome.DIFFERENT, "different", _accepted_but(change, found.now)',
        '        return Outcome.CONFIRMED, None, ""',
        OF_OUTCOME,
    ),
    Mutant(
        "judge: refused",
        OUTCOME,
        "    if reply is not None and reply.refused:\n        return Outcome.FAILED, code, said\n",
        "",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: neither before nor after",
        OUTCOME,
        "if not (change.readable and same_value(found.now, change.before)):",
        "if False:",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: unreadable before", OUTCOME, "if not (change.readable and same", "if not (same", OF_OUTCOME
    ),
    Mutant(
        "judge: still at work",
        OUTCOME,
        "(reply is None or reply.pending) and not settled",
        "False",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: pending",
        OUTCOME,
        "(reply is None or reply.pending) and not settled",
        "not settled",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: no answer, not read",
        OUTCOME,
        "return Outcome.UNKNOWN, None, _join(",
        "return Outcome.FAILED, None, _join(",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: accepted, not read",
        OUTCOME,
        "return Outcome.ACCEPTED, NOT_READ_BACK,",
        "return Outcome.CONFIRMED, NOT_READ_BACK,",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: accepted, blind",
        OUTCOME,
        "return Outcome.ACCEPTED, None, reply.message",
        "return Outcome.CONFIRMED, None, reply.message",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: refused, not read",
        OUTCOME,
        "    if reply.refused:\n        return Outcome.FAILED, reply.code, said\n",
        "",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: lost, not read",
        OUTCOME,
        "return Outcome.UNKNOWN, reply.code, _join(said, not_read)",
        "return Outcome.FAILED, reply.code, _join(said, not_read)",
        OF_OUTCOME,
    ),
    Mutant(
        "judge: the gravest field",
        OUTCOME,
        "return gravest({result.outcome for result in self.fields})",
        "return self.fields[0].outcome",
        OF_OUTCOME,
    ),
    Mutant(
        "read back while not shown",
        PIPELINE,
        "return shows_all(taken, records.get(user.identity))",
        "return True",
        OF_CHECK,
    ),
    Mutant(
        "all shown, of many",
        OUTCOME,
        "if not (found.read and same_value(found.now, item.after)):",
        "if False:",
        OF_READING,
    ),
    Mutant(
        "not shown at once, of many",
        READ_BACK,
        "if last != 0 and result.outcome is Outcome.DIFFERENT:",
        "if False:",
        OF_READING,
    ),
    Mutant(
        "unknown is read later, of many",
        RUN_BATCH,
        "delay = STILL_AT_WORK.total_seconds() if pending else SHORTLY",
        "delay = SHORTLY",
        OF_READING,
    ),
    Mutant(
        "believed: read where a part was taken",
        RUN_BATCH,
        "return not self._reads or not any(reply.ok for reply in said)",
        "return True",
        OF_READING,
    ),
    # what an earlier run left
    Mutant(
        "reconcile: a minute", RECONCILE, ">= STILL_AT_WORK  # abs", ">= STILL_AT_WORK * 0  # abs", OF_SESSION
    ),
    Mutant(
        "reconcile: unreadable stays open",
        RECONCILE,
        "if readable and (record is None or record.failure is not None):",
        "if False:",
        OF_SESSION,
    ),
    Mutant("reconcile: masked values", RECONCILE, "if change.redaction is None:", "if True:", OF_SESSION),
    Mutant(
        "settled before a write",
        SESSION,
        "async with self._using(settled=True) as client:",
        "async with self._using() as client:",
        OF_SESSION,
    ),
    Mutant(
        "age at apply",
        PLANNING,
        "        require_fresh(found.head, found.granted, self.session.connection, self.session.clock())\n"
        "        approved",
        "        approved",
        OF_BULK,
    ),
    Mutant("age at resume", BULK_SESSION, "        if sends:  # what", "        if False:  # what", OF_BULK),
    Mutant(
        "age at resume: again",
        BULK_SESSION,
        "sends = again or bool(job.pending(-1, 1))",
        "sends = bool(job.pending(-1, 1))",
        OF_BULK,
    ),
    Mutant(
        "said no: left out",
        CLASSIFY,
        "if group.status is PlanStatus.CHANGE and not resubscribe and group.resubscribes:",
        "if False:",
        OF_WORD,
    ),
    Mutant(
        "said no: withdrawals of the same row",
        CLASSIFY,
        "if all(same_value(was, edit.value) for edit, was, _said in kept):",
        "if True:",
        OF_WORD,
    ),
    Mutant(
        "said no: before the job",
        "dfn_tui/service/bulk/plan/records.py",
        "self.said or self.before",
        "self.before",
        OF_WORD,
    ),
    Mutant(
        "said no: our own writes",
        UNDOING,
        "said = _said_before(user.undo_of, entries)",
        "said = _said_before(None, entries)",
        OF_WORD,
    ),
    Mutant(
        "said no: believed of an undo alone",
        "dfn_tui/service/bulk/plan/file.py",
        "if group.said and not head.undo_of_job:",
        "if not group:",
        OF_WORD,
    ),
    Mutant(
        "evidence of each row, in the journal",
        "dfn_tui/service/intents.py",
        "evidence=evidence or blank.evidence",
        "evidence=blank.evidence",
        OF_WORD,
    ),
    Mutant(
        "no word of a person in the future",
        "dfn_tui/service/changes/grounds.py",
        "    if day > today:",
        "    if False:",
        ("tests/service/test_grounds.py",),
    ),
    Mutant(
        "an undo is a correction",
        "dfn_tui/service/changes/grounds.py",
        "return Ground.EXPRESSED if undo_of is None else Ground.CORRECTION",
        "return Ground.EXPRESSED",
        ("tests/service/test_grounds.py",),
    ),
    Mutant(
        "no date beside a consent that nobody gave",
        "dfn_tui/service/staging.py",
        "is Ground.EXPRESSED else None, on)",
        "is not None else None, on)",
        ("tests/service/test_grounds.py",),
    ),
    Mutant(
        "nobody is told before they said anything",
        "dfn_tui/service/duties.py",
        "if one.said > on]:",
        "if False]:",
        ("tests/unit/test_duties.py",),
    ),
    Mutant(
        "sealed: each page in its place",
        SEALED,
        'return json.dumps(["job", self._id, part, first]).encode()',
        'return b"job"',
        OF_SEALED,
    ),
    Mutant(
        "sealed: nothing else is read for a page that is gone",
        SEALED,
        "if number not in page[at]:\n                raise damaged(self._path)",
        "if number not in page[at]:\n                return ''",
        OF_SEALED,
    ),
    Mutant(
        "kept: another connection or address",
        KEPT_LEFT,
        'if isinstance(found, KeptEdits) and self._elsewhere(found.place) == "":',
        "if isinstance(found, KeptEdits):",
        OF_KEPT,
    ),
    Mutant(
        "kept: stale",
        KEPT_LEFT,
        "(stale if age > STALE_AFTER else fresh).append(left)",
        "fresh.append(left)",
        OF_KEPT,
    ),
    Mutant(
        "kept: sent before",
        KEPT_LEFT,
        "if done:\n                words.append(_sent_words(entry, user))",
        "if done:\n                left = draft",
        OF_KEPT,
    ),
    Mutant(
        "kept: nothing else is staged",
        KEEPER,
        "if len(self.session.staging):\n            return False\n\n        ",
        "",
        OF_KEPT,
    ),
    Mutant(
        "kept: under its own name",
        KEPT_FILE,
        'return b"kept edits " + self.id.encode()',
        'return b"kept edits "',
        OF_KEPT,
    ),
    Mutant(
        "kept: by one console",
        KEPT_FILE,
        "self._lock = take_lock(self._lock_path)\n        return self._lock is not None",
        "self._lock = take_lock(self._lock_path)\n        return True",
        OF_KEPT,
    ),
    Mutant(
        "kept: of a running console",
        KEPT_FILE,
        "if file.in_use:\n                continue\n            ",
        "",
        OF_KEPT,
    ),
    Mutant(
        "evidence of others",
        STAGING,
        'return self.ground.evidence if self.ground.people.issuperset(people) else ""',
        "return self.ground.evidence",
        OF_KEPT,
    ),
    Mutant(
        "key command: what is no key",
        KEY_COMMAND,
        "if len(key) == JOURNAL_KEY_BYTES and len(set(key)) > 1:",
        "if key:",
        OF_KEY_COMMAND,
    ),
    Mutant(
        "sealed: the record",
        SEALED,
        'return replace(record, reason="", evidence="", warnings=(), why="", incident="")',
        "return record",
        OF_SEALED,
    ),
    Mutant(
        "sealed: the head", SEALED, 'return replace(head, source="", narrowed=())', "return head", OF_SEALED
    ),
    Mutant(
        "sealed: what is said of users",
        JOB,
        "return cache(texts.note)",
        "return lambda message: message",
        OF_SEALED,
    ),
    Mutant("sealed: the key", JOB, ".key_id != key_id:", ".key_id == b'':", OF_SEALED),
    Mutant(
        "sealed: locked",
        JOB,
        "    if job.locked:\n        job.close()",
        "    if False:\n        job.close()",
        OF_SEALED,
    ),
    Mutant(
        "sealed: no other key",
        PLANNING,
        "key = await self.key.look()",
        "key = await self.key.look(make=True)",
        OF_SEALED,
    ),
    Mutant(
        "sealed: the key is asked for before a job is gone on with",
        BULK_SESSION,
        "await self.unseal(id)",
        "pass",
        OF_SEALED,
    ),
    Mutant(
        "once: counted before",
        BULK_SESSION,
        "await asyncio.to_thread(self.mark_sent, plan, sending=True)",
        "pass",
        OF_ONCE,
    ),
    Mutant(
        "once: taken out of the job",
        BULK_SESSION,
        "record = await asyncio.to_thread(leave_out_sent, job, record, again, journal, self.by, now)",
        "pass",
        OF_ONCE,
    ),
    Mutant("once: the same plan", SENT, "if job.plan.head.id != head.id:", "if True:", OF_ONCE),
    Mutant(
        "once: by the journal",
        SENT,
        "return found | _journalled(job, journal) if job.record.state in UNFINISHED else found",
        "return found",
        OF_ONCE,
    ),
    Mutant(
        "once: from whichever host of a shared folder",
        SENT,
        'places = [(folder, journal), *((one.path.parent / "jobs", one.path) for one in others)]',
        "places = [(folder, journal)]",
        OF_HOSTS,
    ),
    Mutant(
        "once: not while another host sends it",
        SENT,
        'if is_held(path.with_suffix(".lock")) if elsewhere else job.under_way:',
        "if not elsewhere and job.under_way:",
        OF_HOSTS,
    ),
    Mutant(
        "a journal that another host began is not written",
        HOSTS,
        "return single if first_writer(single) == host else own",
        "return single",
        OF_HOSTS,
    ),
    Mutant(
        "half of an entry's name is no other entry",
        TOGETHER,
        "known = known and bool(host or not at_sign)",
        "known = bool(known)",
        OF_HOSTS,
    ),
    Mutant("once: not at the same time", SENT, "        if self.under_way:", "        if False:", OF_ONCE),
    Mutant("once: not known", SENT, "if self.unreadable and totals(plan).granted:", "if False:", OF_ONCE),
    Mutant(
        "once: a damaged job hinders no withdrawal",
        SENT,
        "if self.unreadable and totals(plan).granted:",
        "if self.unreadable:",
        OF_ONCE,
    ),
    Mutant(
        "once: who failed here and was sent elsewhere",
        SENT,
        "job.ended_numbers(*again)",
        "job.ended_numbers()",
        OF_ONCE,
    ),
    Mutant("digest at resume", BULK_SESSION, "if job.plan.digest != record.digest:", "if False:", OF_BULK),
    Mutant(
        "content at resume",
        BULK_SESSION,
        "check_digest(job.path, job.plan.db)",
        "pass",
        OF_BULK,
    ),
    Mutant(
        "rules at resume",
        BULK_SESSION,
        "        self.session.admit(scope, approval, sends=sends)\n",
        "",
        OF_BULK,
    ),
    Mutant(
        "digest of what was approved",
        BULK_SESSION,
        "if digest is not None and plan.digest != digest:",
        "if False:",
        OF_BULK,
    ),
    Mutant("one process a job", BULK_SESSION, "if not job.take():", "if not job.take() and False:", OF_BULK),
    Mutant(
        "resume: newest entry of a user",
        RESUME,
        "if number is None or number in seen:",
        "if number is None:",
        ("tests/unit/test_bulk_run_resume.py",),
    ),
    Mutant(
        "resume: checkpoint before what is open",
        RESUME,
        "run_log.reopen(entry.seq)",
        "pass",
        ("tests/unit/test_bulk_run_resume.py",),
    ),
    # a user of whom a field was left out
    Mutant("partly: told", RUN_RECORDS, "if not left_out:", "if True:", OF_PARTLY),
    Mutant("partly: what was refused is not", RUN_RECORDS, "if not done:", "if False:", OF_PARTLY),
    Mutant("partly: is read back first", RUN_RECORDS, "if waits else", "if False else", OF_PARTLY),
    Mutant(
        "partly: told after an answer",
        RUN_BATCH,
        "took.part_of_it(group.left_out",
        'took.part_of_it(""',
        OF_PARTLY,
    ),
    Mutant(
        "partly: told after a look",
        RUN_BATCH,
        "ended.part_of_it(one.left_out",
        'ended.part_of_it(""',
        OF_PARTLY,
    ),
    Mutant(
        "partly: told by a later start",
        RESUME,
        "ended.part_of_it(entry.intent.left_out",
        'ended.part_of_it(""',
        OF_PARTLY,
    ),
    Mutant(
        "partly: looked at by a later start",
        RESUME,
        "entry.seq, entry.intent.left_out)",
        "entry.seq)",
        OF_PARTLY,
    ),
    Mutant(
        "partly: told after reading back",
        READ_BACK,
        "found.part_of_it(self.left_out",
        'found.part_of_it(""',
        OF_PARTLY,
    ),
    Mutant(
        "partly: only what was sent is read back",
        READ_BACK,
        "common(changes, entry.intent.changes)",
        "changes",
        OF_PARTLY,
    ),
    Mutant("partly: is not done again", JOB, "WHERE NOT {_PARTLY} AND", "WHERE", OF_PARTLY),
    Mutant("partly: was sent by this plan", JOB, "WHERE {_PARTLY} OR", "WHERE", OF_PARTLY),
    Mutant("partly: is taken back", UNDOING, "ended.partly or", "", OF_PARTLY),
    Mutant(
        "partly: no conflict is told as unread",
        RUN_BATCH,
        "others = [conflict.user for conflict in checked.conflicts]",
        "others = []",
        OF_PARTLY,
    ),
    Mutant("partly: as wanted is not all", RUN_BATCH, "if user.number not in lost", "if True", OF_PARTLY),
    # keys typed ahead
    Mutant("typed ahead: no early key answers", TYPED_AHEAD, "self._drop_early(screen)", "pass", OF_TYPING),
    Mutant("typed ahead: nor one that follows", TYPED_AHEAD, "event.time + _PAUSE", "0.0", OF_TYPING),
    Mutant(
        "typed ahead: a grant is asked",
        REVIEW,
        "return may_be_sent_unread(self._review.scope, self.session.connection)",
        "return True",
        OF_TYPING,
    ),
    Mutant(
        "typed ahead: production, grants, deletions",
        POLICY,
        "return not (production or scope.granted or scope.deletes)",
        "return True",
        OF_TYPING,
    ),
    Mutant(
        "typed ahead: a withdrawal is never held up",
        POLICY,
        "if scope.users and scope.only_withdrawn == scope.users:",
        "if False:",
        OF_TYPING,
    ),
    # a workbook
    Mutant("sheets: hidden rows", SHEETS, "if scan and scan.hidden and not hidden:", "if False:", OF_SHEETS),
    Mutant("sheets: formulas", SHEETS, "if scan and scan.unsaved:", "if False:", OF_SHEETS),
    Mutant("sheets: merged rows", SHEETS, "if begin < top < bottom and top <= end:", "if False:", OF_SHEETS),
    Mutant("sheets: several", SHEETS, "if len(filled) > 1:", "if False:", OF_SHEETS),
    Mutant("sheets: lost digits", SHEETS, "if abs(number) > _EXACT or ", "if ", OF_SHEETS),
    Mutant("sheets: both readers", SHEETS, "if scan and rows.start is None:", "if False:", OF_SHEETS),
    # what a list means
    Mutant("open columns are asked about", MAPPER, "if mapping.of(Role.OPEN):", "if False:", OF_MAPPING),
    Mutant("no open place is taken", MAPPER, "if any(OPEN_PLACE in word for", "if any(False for", OF_MAPPING),
    Mutant(
        "numbers are no ids",
        MAPPER,
        "if ids and column.place in self._numeric and",
        "if False and",
        OF_MAPPING,
    ),
    Mutant("words are explained", MAPPER, "if mapping.unread_words and not", "if False and not", OF_MAPPING),
    Mutant("one sense of a word", MEANINGS, "if self.words and len({", "if False and len({", OF_MAPPING),
    Mutant("a first line is no user", LAYOUT, "self._may_be_head(ids):", "False:", OF_MAPPING),
    Mutant("no id is a title", LAYOUT, "any(map(str.isdigit, text)))):", "False)):", OF_MAPPING),
    Mutant("null words are no ids", CELLS, "    if user in EMPTY_WORDS:", "    if False:", OF_MAPPING),
    Mutant("what is left of an id is none", NO_IDS, "if odd.match(user)", "if False", OF_MAPPING),
    Mutant(
        "another list is not read",
        "dfn_tui/service/bulk/input/other_lists.py",
        "        if self.below:\n",
        "        if False:\n",
        OF_MAPPING,
    ),
    Mutant(
        "nor taken quickly",
        ROWS,
        "known = {} if self._others.closely else quick",
        "known = quick",
        OF_MAPPING,
    ),
    Mutant("the head again is nobody", ROWS, "if wanted and user not in heads:", "if wanted:", OF_MAPPING),
    Mutant("heads are no ids", NO_IDS, "    if user in NO_IDS:", "    if False:", OF_MAPPING),
    Mutant(
        "no row is swallowed",
        ROWS,
        "any(map(self._swallows, range(len(cells)), cells)):",
        "False:",
        OF_MAPPING,
    ),
    Mutant("NOT IN", SQL_LIST, 'if found["not"]:', "if False:", OF_MAPPING),
    Mutant("no word of tomorrow", EVIDENCE, "    if later:", "    if False:", OF_MAPPING),
    Mutant("new properties are said", MAKING, "        if new:", "        if False:", OF_NEW),
    Mutant(
        "no head is written to",
        CLI_IDS,
        "if doubtful and asked is None:",
        "if False:",
        ("tests/commands/test_cli_set.py",),
    ),
    # snapshots
    Mutant("a snapshot after the job", SEEN, "if status.head.began < record.ended:", "if False:", OF_SEEN),
    Mutant(
        "seen is what is shown",
        SEEN,
        "if was.code is None and shows_all(user.group.changes, records[user.identity])",
        "if was.code is None",
        OF_SEEN,
    ),
    Mutant(
        "no property is judged",
        SNAPSHOT_READER,
        "unreadable = {**view.unreadable, **dict.fromkeys(names, why)}",
        "unreadable = {**view.unreadable}",
        OF_SEEN,
    ),
    Mutant(
        "no part is missing",
        SNAPSHOT,
        "            if found is None:\n                raise damaged(self._path)",
        "            if found is None:\n                continue",
        OF_SNAPSHOT,
    ),
    Mutant(
        "a snapshot of that service",
        SNAPSHOT,
        '["snapshot", name, id.hex(), began, expires]',
        '["snapshot", id.hex(), began, expires]',
        OF_SNAPSHOT,
    ),
    Mutant(
        "the columns that were asked for", TAKING, "        if missing:", "        if False:", OF_SNAPSHOT
    ),
    Mutant(
        "true and false alone",
        TAKING,
        '_LETTERS.get(row[name], "x")',
        '_LETTERS.get(row[name].strip().lower(), "x")',
        OF_SNAPSHOT,
    ),
    Mutant(
        "exports are counted",
        TAKING,
        "        self.log.count(self.service, self.limit, self.clock())",
        "        pass",
        OF_SNAPSHOT,
    ),
    Mutant(
        "what was seen is not later",
        SNAPSHOT_VIEW,
        "if at >= since and outcome in _NOT_SEEN:",
        "if at >= since:",
        OF_SEEN,
    ),
    Mutant(
        "what was written before is not later",
        SNAPSHOT_VIEW,
        "if at >= since and outcome in _NOT_SEEN:",
        "if outcome in _NOT_SEEN:",
        ("tests/commands/test_cli_snapshot.py",),
    ),
    Mutant(
        "accepted before the export",
        SNAPSHOT_READER,
        "return accepted and in_time and named and intent.job is None",
        "return accepted and named and intent.job is None",
        OF_SNAPSHOT,
    ),
    Mutant(
        "the last change counts",
        SNAPSHOT_READER,
        "        later |= fields\n",
        "",
        OF_SNAPSHOT,
    ),
    Mutant(
        "what was seen is no reading",
        SNAPSHOT_READER,
        "            code=IN_SNAPSHOT,\n",
        "",
        ("tests/commands/test_cli_snapshot.py",),
    ),
    Mutant(
        "what was sent and never answered counts",
        RECEIPT,
        "Outcome.ACCEPTED, Outcome.UNKNOWN})",
        "Outcome.ACCEPTED})",
        ("tests/commands/test_cli_snapshot.py",),
    ),
    # taking back from the shell
    Mutant(
        "what somebody changed since stays",
        CLI_UNDO,
        "return field.stageable and field in despite",
        "return field.stageable",
        OF_UNDO,
    ),
    Mutant("one undo a user", CLI_UNDO, "if len(set(users)) < len(users):", "if False:", OF_UNDO),
    Mutant(
        "an undo over the connection of its entry",
        CLI_UNDO,
        "if len(names) > 1 or (asked is not None and asked not in names):",
        "if False:",
        OF_UNDO,
    ),
    Mutant(
        "what cannot be read is no change",
        WATCHING,
        "            if not found.read:",
        "            if False:",
        OF_WATCH,
    ),
    Mutant("a first reading is no change", WATCHING, "if not is_first and not", "if not", OF_WATCH),
    # who is sent a campaign
    Mutant("a no of the channel's own comes first", CAMPAIGN, "    if own:", "    if False:", OF_CAMPAIGN),
    Mutant(
        "what cannot be read is no yes",
        CAMPAIGN,
        "if any(flag not in consents for flag in asked):",
        "if not consents:",
        OF_CAMPAIGN,
    ),
    Mutant("a contradiction is no yes", CAMPAIGN, "if odd is not None:", "if False:", OF_CAMPAIGN),
    Mutant("a no for every channel", CAMPAIGN, "    if withdrawn:", "    if False:", OF_CAMPAIGN),
    Mutant(
        "a night without a consent", CAMPAIGN, "if campaign.night and Flag", "if False and Flag", OF_CAMPAIGN
    ),
    Mutant(
        "never asked is on no list that may be sent to",
        PREFLIGHT,
        "asked = self.include_never_set and",
        "asked =",
        OF_PREFLIGHT,
    ),
    Mutant(
        "never asked is on no list that may not be",
        PREFLIGHT,
        "return not self.may(verdict) and verdict",
        "return not self.may(verdict) or verdict",
        OF_PREFLIGHT,
    ),
    Mutant(
        "a bad row makes a list unfit",
        PREFLIGHT,
        "not self.taken.bad and self.to_send",
        "self.to_send",
        OF_PREFLIGHT,
    ),
    Mutant(
        "lists get their names when all were read",
        PREFLIGHT,
        "raise self.client.stopped",
        "pass",
        OF_PREFLIGHT,
    ),
    Mutant(
        "two lists together or none",
        PREFLIGHT_LISTS,
        "made.path.unlink()",
        "pass",
        OF_PREFLIGHT,
    ),
    Mutant(
        "a token goes to no other address",
        CONNECTIONS,
        "await self.tokens.check_address(connection, found.source, asks=self._keep_edits)",
        "pass",
        ("tests/commands/test_cli_set.py",),
    ),
    Mutant(
        "a token's address is known without the file",
        ADDRESSES,
        "beside = await store.address(connection.name, source)",
        'beside = ""',
        ("tests/service/test_addresses.py",),
    ),
    Mutant(
        "a token's address is kept beside it",
        ADDRESSES,
        "await store.keep_address(connection.name, _in_ascii(server_url(connection)), source)\n\n\nasync",
        "pass\n\n\nasync",
        ("tests/service/test_addresses.py",),
    ),
    Mutant(
        "an address accepted in this run is not asked about again",
        CONNECTION_TOKENS,
        "self._accepted.add((connection.name, server_url(connection)))",
        "pass",
        ("tests/service/test_addresses.py",),
    ),
    Mutant(
        "a token of this run moves no stored one",
        TOKEN_STORE,
        "allowed if source is None else set(allowed) & {source}",
        "allowed",
        ("tests/service/test_addresses.py",),
    ),
    Mutant(
        "a job whose outcomes are not written down: its results",
        "dfn_tui/service/bulk/run/results.py",
        "_as_journalled(in_file, newer.get(user.number), user.number)",
        "in_file",
        ("tests/commands/bulk/test_cli_bulk_lost.py",),
    ),
    Mutant(
        "a job whose outcomes are not written down: told",
        CLI_RUNNING,
        "say_job(job)\n        if run.left_open:",
        "say_job(job)\n        if False:",
        ("tests/commands/bulk/test_cli_bulk_lost.py",),
    ),
    Mutant(
        "what is personal in a reason is masked",
        CLI_CONFIRM,
        "kept = mask_said(checked_text(text))",
        "kept = checked_text(text)",
        ("tests/commands/test_cli_set.py",),
    ),
    Mutant(
        "an outcome that is not journalled is told",
        CLI_WRITING,
        "if trouble is not None and result.entry is not None:",
        "if False:",
        ("tests/commands/test_cli_set.py",),
    ),
    Mutant(
        "numbers of a job's users come in order",
        JOB,
        "ascending(self.path, after, (number for number, *_rest in found))",
        "pass",
        ("tests/unit/test_bulk_job_file.py",),
    ),
    Mutant(
        "kept dialog: nothing is dropped unseen",
        KEPT_SCREEN,
        "return False  # what nobody has seen may be dropped here",
        "return True",
        OF_KEPT_DIALOGS,
    ),
    Mutant(
        "kept dialog: stale ones are not taken up",
        KEPT_SCREEN,
        'take = [(TAKE, _("Take up and review"))] if kept.fresh else []',
        'take = [(TAKE, _("Take up and review"))]',
        OF_KEPT_DIALOGS,
    ),
    Mutant(
        "kept dialog: what was chosen is taken up",
        KEPT_SCREEN,
        "if kept.id == id), None)",
        "), None)",
        OF_KEPT_DIALOGS,
    ),
    Mutant(
        "quit dialog: nothing is dropped unseen",
        QUITTING,
        "return not self._unsent  # they may be dropped here",
        "return True",
        OF_KEPT_DIALOGS,
    ),
    Mutant(
        "quit dialog: keeping is offered where it can be",
        QUITTING,
        "*([] if all(lost) else [(KEEP, keep)])",
        "(KEEP, keep)",
        OF_KEPT_DIALOGS,
    ),
    Mutant(
        "a job's grants go on after a question",
        STEERING,
        "may_be_sent_unread(scope, self.session.connection):",
        "True:",
        OF_TYPING,
    ),
    Mutant(
        "what leaves comes after the keys before it",
        TYPED_AHEAD,
        '_NEVER_HELD = frozenset({"ctrl+c", "ctrl+l"})',
        '_NEVER_HELD = frozenset({"ctrl+c", "ctrl+l", "ctrl+q"})',
        OF_TYPING,
    ),
    Mutant(
        "no snapshot is removed unseen",
        "dfn_tui/screens/snapshot.py",
        "return False  # a snapshot",
        "return True  # a snapshot",
        ("tests/screens/test_snapshot_dialog.py",),
    ),
    # the archive
    Mutant(
        "the archive is sent to in its own time",
        ARCHIVE_SENDING,
        "while entries and go_on():",
        "while entries:",
        OF_ARCHIVE,
    ),
    Mutant(
        "a mark counts only where the journal holds its entry",
        ARCHIVE_QUEUE,
        "or hash_of(connection, found.seq) != found.hash",
        "",
        OF_ARCHIVE,
    ),
    Mutant(
        "an altered entry is archived under another hash",
        ARCHIVE_QUEUE,
        "chained(previous, body), body, *_found_by(body), kept",
        "kept, body, *_found_by(body), kept",
        OF_ARCHIVE,
    ),
    Mutant(
        "another entry than was archived is found",
        ARCHIVE_VERIFY,
        "if mine[1] != digest:",
        "if False:",
        OF_ARCHIVE,
    ),
    Mutant(
        "two archived under one number are found", ARCHIVE_VERIFY, "if seq <= last:", "if False:", OF_ARCHIVE
    ),
    Mutant(
        "an archive that misses what was sent is found",
        ARCHIVE_VERIFY,
        "if last < known:",
        "if False:",
        OF_ARCHIVE,
    ),
    Mutant(
        "nothing less than verify-full off this machine",
        CONNINFO,
        'if given.get("sslmode", "verify-full") != "verify-full":',
        "if False:",
        OF_ARCHIVE,
    ),
)
