"""The guards that the mutation check removes are where it looks for them."""

from tests.bench.guards import MUTANTS
from tests.bench.mutants import ROOT


def test_every_guard_stands_once_in_its_file() -> None:
    places = {(one.guard, (ROOT / one.file).read_text().count(one.old)) for one in MUTANTS}
    assert [name for name, count in places if count != 1] == []


def test_every_guard_is_named_once_and_its_tests_exist() -> None:
    assert len({one.guard for one in MUTANTS}) == len(MUTANTS)
    assert [name for one in MUTANTS for name in one.tests if not (ROOT / name).is_file()] == []
