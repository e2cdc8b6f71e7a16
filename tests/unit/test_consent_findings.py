from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.consent.findings import Course, findings
from dfn_tui.consent.flags import Consents, Flag, State
from dfn_tui.consent.lints import lint
from dfn_tui.consent.sending import Delivery
from dfn_tui.consent.strip import day_strips

ON, OFF, NEVER = State.SUBSCRIBED, State.UNSUBSCRIBED, State.NEVER_SET
ALL_READ = st.fixed_dictionaries({flag: st.sampled_from(State) for flag in Flag})
CHANGES = st.dictionaries(st.sampled_from(Flag), st.sampled_from([ON, OFF]))


def told(consents: Consents, changes: Consents | None = None) -> list[tuple[str, str]]:
    return [(one.course.value, one.text) for one in findings(consents, changes or {})]


USER_3 = {
    Flag.INFO: ON,
    Flag.MKT: OFF,
    Flag.MKT_PUSH: NEVER,
    Flag.MKT_SMS: ON,
    Flag.MKT_KAKAO: ON,
    Flag.NIGHT: OFF,
    Flag.NIGHT_PUSH: NEVER,
    Flag.NIGHT_SMS: NEVER,
    Flag.NIGHT_KAKAO: OFF,
}


def test_a_change_settles_findings_in_their_places() -> None:
    unset = "push, SMS at night were never set. That is not a no: messages may go out"
    over = "{} is given, but advertising by every channel is withdrawn"
    assert told(USER_3) == [
        ("open", over.format("SMS")),
        ("open", over.format("Kakao")),
        ("open", unset),
    ]
    assert told(USER_3, {Flag.MKT_SMS: OFF, Flag.MKT_PUSH: OFF}) == [
        ("settled", over.format("SMS")),
        ("open", over.format("Kakao")),
        ("settled", unset),
    ]
    assert told(USER_3, {Flag.MKT_SMS: OFF})[2] == ("open", unset)


def test_what_a_change_would_newly_contradict_comes_last() -> None:
    given = dict.fromkeys(Flag, ON)
    assert told(given) == []
    assert told(given, {Flag.MKT_SMS: OFF}) == [
        ("new", "SMS at night is given, but advertising by SMS is not"),
    ]
    day = {**dict.fromkeys(Flag, OFF), Flag.MKT: ON, Flag.NIGHT_SMS: NEVER}
    assert told(day, {Flag.MKT_SMS: ON}) == [
        ("new", "SMS at night was never set. That is not a no: messages may go out"),
    ]


def test_one_consent_set_settles_nothing_where_none_ever_was() -> None:
    never = dict.fromkeys(Flag, NEVER)
    [(course, text)] = told(never, {Flag.MKT_SMS: OFF})
    assert (course, text) == ("open", "No consent was ever set. That is not a no: messages may go out")
    stopped: Consents = {flag: OFF for flag in Flag if flag is not Flag.INFO}
    assert told(never, stopped) == [("settled", text)]


@given(ALL_READ)
def test_whatever_may_go_out_without_a_yes_has_a_finding(consents: dict[Flag, State]) -> None:
    uncertain = any(Delivery.MAY in strip for strip in day_strips(consents, tuple(Flag)).values())
    assert uncertain <= bool(findings(consents, {}))
    assert bool(findings(consents, {})) <= (uncertain or bool(lint(consents)))


@given(ALL_READ, CHANGES)
def test_nothing_is_left_exactly_where_the_changed_consents_have_no_finding(
    consents: dict[Flag, State], changes: dict[Flag, State]
) -> None:
    left = [one for one in findings(consents, changes) if one.course is not Course.SETTLED]
    assert bool(left) == bool(findings({**consents, **changes}, {}))


@given(ALL_READ, CHANGES)
def test_findings_keep_their_places(consents: dict[Flag, State], changes: dict[Flag, State]) -> None:
    before = [one.text for one in findings(consents, {})]
    assert [one.text for one in findings(consents, changes)][: len(before)] == before
