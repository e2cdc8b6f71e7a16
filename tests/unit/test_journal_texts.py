"""What is encoded once for many is what would have been encoded for each."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.store import Change, Ending, FieldOutcome, Intent, Outcome
from dfn_tui.store.body import canonical, intent_body, outcome_body, stamp
from dfn_tui.store.chain import Shape
from dfn_tui.store.sealing import Sealer
from dfn_tui.store.texts import Texts
from tests.unit.journal_strategies import INTENTS, OUTCOMES
from tests.unit.journals import KEY, START, intent

AT = stamp(START)


@st.composite
def sharing_intents(draw: st.DrawFn) -> list[Intent]:
    """Many intents of a few users, operators, changes and other things."""
    drawn = draw(st.lists(INTENTS, min_size=1, max_size=3))
    one = st.sampled_from(drawn)
    mixed = st.tuples(one, one, one, one, one)
    return [
        replace(a, changes=b.changes, operator=c.operator, subject=d.subject, undo_of=e.undo_of)
        for a, b, c, d, e in draw(st.lists(mixed, max_size=8))
    ]


@st.composite
def sharing_outcomes(draw: st.DrawFn) -> list[tuple[Outcome, int | None]]:
    drawn = draw(st.lists(OUTCOMES, min_size=1, max_size=3))
    personal = draw(st.booleans())
    one = st.sampled_from(drawn)
    mixed = st.tuples(one, one, one, st.integers(1), st.none() | st.integers(1))
    return [
        (replace(a, by=b.by, fields=_covered(c, personal=personal), intent=number), previous)
        for a, b, c, number, previous in draw(st.lists(mixed, max_size=8))
    ]


def _covered(outcome: Outcome, *, personal: bool) -> tuple[FieldOutcome, ...]:
    return tuple(replace(field, personal=personal) for field in outcome.fields)


@given(intents=sharing_intents())
def test_the_texts_of_intents(intents: list[Intent]) -> None:
    texts = Texts(AT, None)
    for one in intents:
        body, _sealed = intent_body(one, AT, None)
        listed = texts.intent(one)
        assert listed.text == canonical(body)
        assert (listed.user, listed.write) == (body["subject"]["handle"], one.write)
        assert (listed.shape, list(listed.sealed)) == (Shape.of(body), [])


@given(intents=sharing_intents())
def test_the_texts_of_intents_with_a_key(intents: list[Intent]) -> None:
    sealer = Sealer(KEY)
    texts = Texts(AT, sealer)
    for one in intents:
        body, sealed = intent_body(one, AT, sealer)
        listed = texts.intent(one)
        assert listed.text == canonical(json.loads(listed.text))
        assert unsealed(json.loads(listed.text)) == unsealed(json.loads(canonical(body)))
        assert [value.slot for value in listed.sealed] == [value.slot for value in sealed]


def unsealed(body: dict[str, Any]) -> str:
    """Without the seals, which are others each time."""
    for part in (body["subject"], *body["changes"]):
        part.pop("seal", None)
    return canonical(body)


@given(outcomes=sharing_outcomes())
def test_the_texts_of_outcomes(outcomes: list[tuple[Outcome, int | None]]) -> None:
    texts = Texts(AT, None)
    for one, previous in outcomes:
        assert texts.outcome(one, previous) == canonical(outcome_body(one, AT, previous))


def test_what_is_equal_but_another_value_keeps_its_text() -> None:
    texts = Texts(AT, None)
    for value in (1, True, 1.0, -0.0, 0, False):
        one = intent("u-1", Change("property", "x", None, value))
        assert texts.intent(one).text == canonical(intent_body(one, AT, None)[0])
        ended = Outcome(1, Ending.DIFFERENT, (FieldOutcome("property", "x", Ending.DIFFERENT, True, value),))
        assert texts.outcome(ended, None) == canonical(outcome_body(ended, AT, None))
