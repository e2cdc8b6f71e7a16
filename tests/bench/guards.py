"""The guards of the write path, how each is removed, and the tests nearest to it."""

from dataclasses import dataclass

POLICY = "dfn_tui/service/changes/policy.py"
PIPELINE = "dfn_tui/service/changes/pipeline.py"
OUTCOME = "dfn_tui/service/changes/outcome.py"
VALUES = "dfn_tui/service/changes/values.py"
IDENTITIES = "dfn_tui/service/changes/identities.py"
RECONCILE = "dfn_tui/service/changes/reconcile.py"
DESK = "dfn_tui/service/session.py"
BULK_DESK = "dfn_tui/service/bulk/session.py"
RUN_BATCH = "dfn_tui/service/bulk/run/batch.py"
READ_BACK = "dfn_tui/service/bulk/run/read_back.py"
RECOVERING = "dfn_tui/service/bulk/run/resume.py"
API_BATCH = "dfn_tui/api/batch.py"
RETRY = "dfn_tui/api/retry.py"

OF_POLICY = ("tests/unit/test_policy.py", "tests/unit/test_policy_warnings.py", "tests/unit/test_session.py")
OF_DESK = (
    "tests/unit/test_session.py",
    "tests/unit/test_reconcile.py",
    "tests/unit/test_session_deadline.py",
)
OF_CHECK = ("tests/unit/test_pipeline.py",)
OF_BULK = (
    "tests/unit/test_bulk_session.py",
    "tests/unit/test_bulk_jobs.py",
    "tests/unit/test_bulk_resume.py",
)
OF_READING = ("tests/unit/test_bulk_read_back.py",)
OF_OUTCOME = ("tests/unit/test_outcome.py", "tests/commands/test_lying_server.py")
OF_WORDS = ("tests/commands/test_fault_matrix.py",)
OF_VALUES = ("tests/unit/test_values.py", "tests/unit/test_consent_likeness.py")
OF_API = ("tests/api/test_batch.py", "tests/api/test_retry.py", "tests/api/test_v1.py")


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
    Mutant("place of a plan", POLICY, "if made_for != (", "if False and made_for != (", OF_POLICY),
    Mutant("nothing to send", POLICY, "if not scope.users:", "if False:", OF_POLICY),
    Mutant("no removal", POLICY, "if scope.deletes - set(has.ci_fields):", "if False:", OF_POLICY),
    Mutant(
        "fields fit", POLICY, "if strange or scope.plan.kind not in has.write_by:", "if False:", OF_POLICY
    ),
    Mutant(
        "fields fit: kind",
        POLICY,
        "if strange or scope.plan.kind not in has.write_by:",
        "if strange:",
        OF_POLICY,
    ),
    Mutant("cap of users", POLICY, "if scope.users > max_users:", "if False:", OF_POLICY),
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
    Mutant("evidence of a night", POLICY, "evidence_required=night or (", "evidence_required=(", OF_POLICY),
    Mutant(
        "evidence in production",
        POLICY,
        "(scope.granted > 0 and (production or many))",
        "(scope.granted > 0 and many)",
        OF_POLICY,
    ),
    Mutant(
        "evidence of many",
        POLICY,
        "(scope.granted > 0 and (production or many))",
        "(scope.granted > 0 and production)",
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
        DESK,
        "self.admit(reviewed.scope, approval)\n        async",
        "async",
        OF_DESK,
    ),
    Mutant(
        "policy before journalling", DESK, "self.admit(reviewed.scope, approval)  # again", "pass", OF_DESK
    ),
    Mutant(
        "policy of a plan",
        BULK_DESK,
        "found = await asyncio.to_thread(self.guard, plan, approval)",
        "found = totals(plan)",
        OF_BULK,
    ),
    Mutant(
        "creates must be ticked off",
        "dfn_tui/service/review.py",
        'notice(f"{CREATES}{key}", text, must_acknowledge=True)'.replace("notice", "Notice"),
        'Notice(f"{CREATES}{key}", text, must_acknowledge=False)',
        OF_DESK,
    ),
    # ids and values
    Mutant(
        "kind in doubt",
        IDENTITIES,
        "if kind is not None:",
        "if False:",
        ("tests/unit/test_kind_in_doubt.py",),
    ),
    Mutant("Undefined is no value", VALUES, "if text.strip().casefold() == _ABSENT:", "if False:", OF_VALUES),
    Mutant("consent words", VALUES, "if is_consent_word(text):", "if False:", OF_VALUES),
    # before sending
    Mutant(
        "end of settling",
        DESK,
        "with deadline(A_LOOK_UP):\n                settled",
        "if True:\n                settled",
        OF_DESK,
    ),
    Mutant(
        "end of a look-up",
        DESK,
        "with deadline(A_LOOK_UP):\n            found",
        "if True:\n            found",
        OF_DESK,
    ),
    Mutant("stale check", DESK, "if checked.conflicts:", "if False:", OF_DESK),
    Mutant("stale check: strict", DESK, "strict=True)", "strict=False)", OF_DESK),
    Mutant("stale check: left out", DESK, "if c.identity not in approval.leave_out}", "}", OF_DESK),
    Mutant(
        "conflict in a group", PIPELINE, "            if changed:\n                continue\n", "", OF_CHECK
    ),
    Mutant(
        "unread is not sent",
        PIPELINE,
        "if lost is not None:",
        "if False:",
        (*OF_DESK, "tests/commands/test_lying_server.py"),
    ),
    Mutant(
        "only what is not as wanted", PIPELINE, "if not same_value(found.now, item.after)]", "]", OF_CHECK
    ),
    Mutant("freshness filter", RUN_BATCH, "return checked.fresh", "return groups", OF_BULK),
    Mutant(
        "freshness: overwrite only if asked",
        RUN_BATCH,
        "self._reads and on_conflict is not OnConflict.OVERWRITE",
        "False",
        OF_BULK,
    ),
    Mutant(
        "stop at a conflict",
        RUN_BATCH,
        "if self._stop_at_conflict and checked.conflicts:",
        "if False:",
        OF_BULK,
    ),
    Mutant(
        "intent before send",
        DESK,
        "entries = await gate.record(self.journal, self.connection, groups, reviewed, approval)\n        "
        "replies = await send(client, groups, progress)",
        "replies = await send(client, groups, progress)\n        "
        "entries = await gate.record(self.journal, self.connection, groups, reviewed, approval)",
        OF_DESK,
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
        ("tests/unit/test_session_deadline.py", *OF_API),
    ),
    Mutant(
        "nothing leaves a closed limiter",
        API_BATCH,
        "if self._stopped or requests.stopped or",
        "if self._stopped or",
        (*OF_API, "tests/unit/test_bulk_finishing.py"),
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
        (*OF_API, "tests/unit/test_bulk_finishing.py"),
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
        '        return Outcome.DIFFERENT, "different", words\n    if reply is not None and reply.refused',
        '        return Outcome.CONFIRMED, None, ""\n    if reply is not None and reply.refused',
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
        'return Outcome.ACCEPTED, None, ""',
        'return Outcome.CONFIRMED, None, ""',
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
        "return Outcome.UNKNOWN, reply.code, _join(said, why)",
        "return Outcome.FAILED, reply.code, _join(said, why)",
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
        "reconcile: a minute", RECONCILE, ">= STILL_AT_WORK  # abs", ">= STILL_AT_WORK * 0  # abs", OF_DESK
    ),
    Mutant(
        "reconcile: unreadable stays open",
        RECONCILE,
        "if readable and (record is None or record.failure is not None):",
        "if False:",
        OF_DESK,
    ),
    Mutant("reconcile: masked values", RECONCILE, "if change.redaction is None:", "if True:", OF_DESK),
    Mutant(
        "settled before a write",
        DESK,
        "async with self._using(settled=True) as client:",
        "async with self._using() as client:",
        OF_DESK,
    ),
    Mutant("digest at resume", BULK_DESK, "if job.plan.digest != record.digest:", "if False:", OF_BULK),
    Mutant(
        "content at resume",
        BULK_DESK,
        "check_digest(job.path, job.plan.db)",
        "pass",
        OF_BULK,
    ),
    Mutant(
        "rules at resume",
        BULK_DESK,
        "        self.session.admit(found.scope, approval)\n\n    async def _go",
        "\n    async def _go",
        OF_BULK,
    ),
    Mutant(
        "digest of what was approved",
        BULK_DESK,
        "if digest is not None and plan.digest != digest:",
        "if False:",
        OF_BULK,
    ),
    Mutant("one process a job", BULK_DESK, "if not job.take():", "if not job.take() and False:", OF_BULK),
    Mutant(
        "resume: newest entry of a user",
        RECOVERING,
        "if number is None or number in seen:",
        "if number is None:",
        ("tests/unit/test_bulk_run_resume.py",),
    ),
)
