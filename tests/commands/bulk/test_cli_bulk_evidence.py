"""The evidence that the rows of a list bear: from the file to the journal and the receipt."""

import asyncio
import os
from pathlib import Path

from dfn_tui.api.types import Identity, IdentityKind
from dfn_tui.service.receipt import make_receipt
from tests.commands.bulk.using import GIVE, REASON, Bulk
from tests.commands.running import Run
from tests.sandbox_thread import SandboxThread
from tests.service.jobs import bulk_session
from tests.starting import entries

MAPS = ("--map", "증빙=evidence", "--map", "동의일시=expressed_on")
ROWS = (
    ("vip-1", "녹취 7731", "2026.03.02 10:00"),
    ("vip-2", "신청서 12", "2026-03-01"),
    ("vip-3", "", "2026-03-03"),
)


def receipt_of(sandbox: SandboxThread, user: str) -> str:
    async def made() -> str:
        async with bulk_session(sandbox, Path(os.environ["DFN_TUI_STATE"]).parent) as bulk:
            return await make_receipt(bulk.session, Identity(IdentityKind.USER_ID, user))

    return asyncio.run(made())


def test_the_evidence_of_a_row_reaches_the_journal_and_the_receipt(
    bulk: Bulk, run: Run, sandbox: SandboxThread
) -> None:
    rows = "".join(f"{','.join(row)}\n" for row in ROWS)
    Path("동의.csv").write_text(f"user_id,증빙,동의일시\n{rows}", encoding="utf-8-sig")
    planned = bulk("plan", "동의.csv", GIVE, *MAPS, "--create", "-o", "a.plan")
    assert planned.code == 0, planned.err
    shown = run("bulk", "show", "a.plan", "--users").out
    assert "evidence: 녹취 7731, said on 2026-03-02T10:00:00+09:00, source: -" in shown
    # One row has none of its own.
    refused = bulk("apply", "a.plan", *REASON, "--yes")
    assert refused.code == 3
    assert "Evidence is missing" in refused.err
    applied = bulk("apply", "a.plan", *REASON, "--yes", "--evidence", "캠페인 신청서")
    assert applied.code == 0, applied.err
    kept = {
        entry.intent.subject.value: entry.intent
        for entry in entries(Path(os.environ["DFN_TUI_STATE"]) / "journal.db")
    }
    assert {name: (one.evidence, one.expressed_on) for name, one in kept.items()} == {
        "vip-1": ("녹취 7731", "2026-03-02T10:00:00+09:00"),
        "vip-2": ("신청서 12", "2026-03-01"),
        "vip-3": ("캠페인 신청서", "2026-03-03"),
    }
    # Whoever reads the journal sees each person's word, on paper and in files.
    said = {one["user_id"]: one["expressed_on"] for one in run("journal", "list", "--json").objects}
    assert said == {row[0]: one.expressed_on for row in ROWS if (one := kept[row[0]])}
    assert "The person's word: 2026-03-02T10:00:00+09:00, -" in run("journal", "show", "1").out
    receipt = receipt_of(sandbox, "vip-1")
    assert "ground: 녹취 7731" in receipt
    assert "the person's word: 2026-03-02T10:00:00+09:00, -" in receipt
    assert "ground: 캠페인 신청서" in receipt_of(sandbox, "vip-3")
