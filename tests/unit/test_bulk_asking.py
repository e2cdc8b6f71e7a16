"""What is typed for a new plan, and where it is saved."""

from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import IdentityKind
from dfn_tui.service.bulk.asking import Asked, AskingRefused, default_plan_file, new_plan_file, open_asked
from dfn_tui.service.bulk.input.records import Good
from tests.unit.plans import DAY

STOP = "mkt_sms_flag=Unsubscribed"


def test_users_come_from_a_file_or_from_what_was_pasted(tmp_path: Path) -> None:
    file = tmp_path / "stop.txt"
    file.write_text("u-1\nu-2\n", encoding="utf-8")
    for asked in (Asked(file=f" {file} ", changes=STOP), Asked(pasted="u-1\ru-2\r", changes=STOP)):
        with open_asked(asked, VERSION_1) as source:
            assert [row.user for row in source.rows() if isinstance(row, Good)] == ["u-1", "u-2"]
    assert Asked(file=str(file)).name == "stop.txt"
    assert Asked(pasted="u-1").name == "pasted text"


def test_a_home_is_that_of_the_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "stop.txt").write_text("u-1\n", encoding="utf-8")
    with open_asked(Asked(file="~/stop.txt", changes=STOP), VERSION_1) as source:
        assert len(list(source.rows())) == 1
    assert new_plan_file("~/new.plan", tmp_path / "jobs") == tmp_path / "new.plan"
    assert new_plan_file("~nobody-at-all/new.plan", tmp_path / "jobs").name == "new.plan"


def test_changes_are_words_and_values_with_blanks_are_quoted() -> None:
    asked = Asked(pasted="u-1", changes=f"{STOP} 'favourite=Jeju Airport'")
    with open_asked(asked, VERSION_1) as source:
        assert [(edit.name, edit.value) for edit in source.edits_for_all] == [
            ("mkt_sms_flag", "Unsubscribed"),
            ("favourite", "Jeju Airport"),
        ]


def test_the_kind_is_the_one_chosen() -> None:
    asked = Asked(pasted="kim@example.com", changes=STOP, kind=IdentityKind.EMAIL)
    with open_asked(asked, VERSION_2) as source:
        assert source.kind is IdentityKind.EMAIL


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        (Asked(changes=STOP), "No users are given"),
        (Asked(pasted=" \n", changes=STOP), "No users are given"),
        (Asked(file="a", pasted="u-1", changes=STOP), "Users are given twice"),
        (Asked(pasted="u-1", changes="a='b"), "The changes cannot be read"),
        (Asked(pasted="u-1", changes=f"{STOP} {STOP}"), "The changes cannot be read"),
    ],
)
def test_what_makes_no_plan_is_refused(asked: Asked, title: str) -> None:
    with pytest.raises(AskingRefused, match=title):
        open_asked(asked, VERSION_1)


def test_no_plan_is_written_over(tmp_path: Path) -> None:
    jobs = tmp_path / "state" / "jobs"
    first = default_plan_file(jobs, DAY)
    assert first == tmp_path / "state" / "plans" / "20260302-120000.plan"
    assert not first.parent.exists()
    assert new_plan_file(str(first), jobs) == first
    assert first.parent.stat().st_mode & 0o777 == 0o700
    first.touch()
    assert default_plan_file(jobs, DAY).name == "20260302-120000-2.plan"
    with pytest.raises(AskingRefused, match="nothing is written over"):
        new_plan_file(str(first), jobs)
    with pytest.raises(AskingRefused, match="No file is named"):
        new_plan_file("  ", jobs)
