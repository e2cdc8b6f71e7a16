"""Anything that may be written to a journal."""

from hypothesis import strategies as st

from dfn_tui.store import Change, Ending, FieldOutcome, Intent, Operator, Outcome, Subject

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
    Change,
    st.sampled_from(["consent", "property", "ci"]),
    ENCODABLE,
    VALUES,
    VALUES,
    st.booleans(),
    st.booleans(),
)
OPERATORS = st.builds(
    Operator, ENCODABLE, TEXT, st.none() | ENCODABLE, st.none() | TEXT, st.none() | st.integers()
)
INTENTS = st.builds(
    Intent,
    connection=ENCODABLE,
    environment=TEXT,
    generation=st.sampled_from(["v1", "v2"]),
    subject=st.builds(Subject, TEXT, ENCODABLE, st.booleans()),
    changes=st.lists(CHANGES, max_size=3).map(tuple),
    operator=OPERATORS,
    program=TEXT,
    write=ENCODABLE,
    warnings=st.lists(TEXT, max_size=2).map(tuple),
    reason=TEXT,
    evidence=TEXT,
    undo_of=st.none() | st.integers(1, 9),
    job=st.none() | TEXT,
)
ENDINGS = st.sampled_from(Ending)
FIELDS = st.builds(
    FieldOutcome, TEXT, TEXT, ENDINGS, st.booleans(), VALUES, st.none() | TEXT, TEXT, personal=st.just(False)
)
OUTCOMES = st.builds(
    Outcome,
    st.just(0),
    ENDINGS,
    st.lists(FIELDS, max_size=2).map(tuple),
    st.none() | TEXT,
    TEXT,
    st.none() | OPERATORS,
)
