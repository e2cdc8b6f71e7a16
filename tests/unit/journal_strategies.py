"""Anything that may be written to a journal."""

from hypothesis import strategies as st

from dfn_tui.outcomes import Outcome
from dfn_tui.store import (
    FieldChange,
    FieldKind,
    FieldOutcome,
    IntentGroup,
    IntentUser,
    Operator,
    OutcomeGroup,
    Subject,
)

TEXT = st.text(max_size=20)
VALUES = st.one_of(
    st.none(),
    TEXT,
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(TEXT, max_size=3),
    st.lists(st.integers(), max_size=3),
)
ENCODABLE = st.text(st.characters(codec="utf-8"), max_size=20)
CHANGES = st.builds(
    FieldChange,
    st.sampled_from(FieldKind),
    ENCODABLE,
    VALUES,
    VALUES,
    st.booleans(),
    st.booleans(),
    st.none(),
)
OPERATORS = st.builds(
    Operator, ENCODABLE, TEXT, st.none() | ENCODABLE, st.none() | TEXT, st.none() | st.integers()
)
USERS = st.builds(
    IntentUser,
    st.builds(Subject, TEXT, ENCODABLE, st.booleans(), st.none()),
    st.none() | st.integers(1, 9),
    st.none() | TEXT,
)
INTENT_GROUPS = st.builds(
    IntentGroup,
    connection=ENCODABLE,
    environment=TEXT,
    api=st.sampled_from(["v1", "v2"]),
    changes=st.lists(CHANGES, max_size=3).map(tuple),
    operator=OPERATORS,
    program=TEXT,
    write=ENCODABLE,
    warnings=st.lists(TEXT, max_size=2).map(tuple),
    reason=TEXT,
    evidence=TEXT,
    users=st.lists(USERS, max_size=3).map(tuple),
    incident=ENCODABLE,
    ground=TEXT,
    expressed_on=TEXT,
    expressed_source=TEXT,
    approver=TEXT,
)
FIELDS = st.builds(
    FieldOutcome,
    st.sampled_from(FieldKind) | TEXT,
    TEXT,
    st.sampled_from(Outcome),
    st.booleans(),
    VALUES,
    st.none() | TEXT,
    TEXT,
    personal=st.just(False),
)
OUTCOME_GROUPS = st.builds(
    OutcomeGroup,
    st.just(()),
    st.sampled_from(Outcome),
    st.lists(FIELDS, max_size=2).map(tuple),
    st.none() | TEXT,
    TEXT,
    st.none() | OPERATORS,
)
