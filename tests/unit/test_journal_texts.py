"""Entries keep the very bytes that earlier versions of this program wrote."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from dfn_tui.outcomes import Outcome
from dfn_tui.store import FieldChange, FieldKind, FieldOutcome, IntentGroup, IntentUser, OutcomeGroup, Subject
from dfn_tui.store.body import canonical, stamp
from dfn_tui.store.sealing import Sealer, commitment
from dfn_tui.store.texts import around_outcome, intent_texts
from tests.unit.journal_strategies import INTENT_GROUPS, OUTCOME_GROUPS
from tests.unit.journals import ALICE, BOB, KEY, PHONE, START, consent, intent

AT = stamp(START)
EMAIL = Subject("email", "lee@example.com", personal=True)
COMMON = (
    '"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1",'
    '"job":%s,"kind":"intent","operator":{"host":"bastion-1","pid":4711,"ssh":"203.0.113.7",'
    '"sudo_user":"alice","user":"root"},"program":"0.1.0",'
    '"reason":"CS-1: \\uace0\\uac1d \\uc694\\uccad","subject":%s,"undo_of":%s,'
    '"warnings":["production"],"write":"w1"'
)
CONSENT = (
    '{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"mkt_flag",'
    '"personal":false,"readable":true}'
)
MASKED = (
    '{"after":"82\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u202221",'
    '"before":"82\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u202278",'
    '"kind":"ci","name":"phone_number","personal":true,"readable":true}'
)
LEE = "l\\u2022\\u2022@example.com"


def texts(group: IntentGroup) -> list[str]:
    return [one.text for one in intent_texts(group, AT, None)]


def test_an_intent_has_the_text_of_version_1() -> None:
    users = (IntentUser(Subject("user_id", "u-1")), IntentUser(Subject("user_id", "é"), 3, "w1/2"))
    plain = '{"handle":"%s","kind":"user_id","personal":false,"value":"%s"}'
    assert texts(replace(intent(), users=users)) == [
        f'{{"at":"2025-03-01T09:00:00.000000Z","changes":[{CONSENT}],{COMMON}}}' % rest
        for rest in (
            ("null", plain % ("u-1", "u-1"), "null"),
            ('"w1/2"', plain % ("\\u00e9", "\\u00e9"), "3"),
        )
    ]


def test_a_personal_intent_has_the_text_of_version_1() -> None:
    group = replace(intent("", consent(), PHONE, subject=EMAIL))
    subject = f'{{"handle":"{LEE}","kind":"email","personal":true,"value":"{LEE}"}}'
    assert texts(group) == [
        f'{{"at":"2025-03-01T09:00:00.000000Z","changes":[{CONSENT},{MASKED}],'
        f"{COMMON % ('null', subject, 'null')}}}"
    ]


def test_an_outcome_has_the_text_of_version_1() -> None:
    fields = (
        FieldOutcome(FieldKind.PROPERTY, "grade", Outcome.FAILED, True, ["a", "b"], "5003", "no such user"),
        FieldOutcome(FieldKind.CI, "phone_number", Outcome.DIFFERENT, True, "821055555555", personal=True),
    )
    group = OutcomeGroup((1,), Outcome.DIFFERENT, fields, "5003", "no", BOB._replace(pid=7))
    assert around_outcome(group, AT) == (
        '{"at":"2025-03-01T09:00:00.000000Z","by":{"host":"bastion-1","pid":7,"ssh":null,"sudo_user":null,'
        '"user":"bob"},"code":"5003","ending":"different","fields":[{"code":"5003","ending":"failed",'
        '"kind":"property","message":"no such user","name":"grade","now":["a","b"],"personal":false,'
        '"read_back":true},{"code":null,"ending":"different","kind":"ci","message":"","name":"phone_number",'
        '"now":"82\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u202255","personal":true,'
        '"read_back":true}],"intent":',
        ',"kind":"outcome","message":"no","previous":',
        "}",
    )


def test_what_was_added_since_is_there_only_where_it_is_known() -> None:
    group = replace(intent(), incident="INC-1", ground="court order", expressed_on="2025-02-28")
    group = replace(group, expressed_source="letter", approver="bob")
    [with_it], [without] = texts(group), texts(intent())
    assert json.loads(with_it) == json.loads(without) | {
        "approver": "bob",
        "expressed_on": "2025-02-28",
        "expressed_source": "letter",
        "ground": "court order",
        "incident": "INC-1",
    }


@given(group=INTENT_GROUPS)
def test_a_text_is_canonical_and_says_who_it_is_about(group: IntentGroup) -> None:
    sealer = Sealer(KEY)
    for user, listed in zip(group.users, intent_texts(group, AT, sealer), strict=True):
        body: dict[str, Any] = json.loads(listed.text)
        assert listed.text == canonical(body)
        assert (body["undo_of"], body["job"]) == (user.undo_of, user.job)
        assert listed.user == body["subject"]["handle"]
        assert (listed.user == user.subject.value) is not user.subject.personal
        parts = [body["subject"], *body["changes"]]
        assert [commitment(value.nonce, value.ciphertext) for value in listed.sealed] == [
            part["seal"] for part in (*parts[:1], *parts[1:]) if "seal" in part
        ]
        assert [part["personal"] for part in parts] == ["seal" in part for part in parts]


@pytest.mark.slow
@given(group=OUTCOME_GROUPS)
def test_the_text_of_an_outcome_is_canonical(group: OutcomeGroup) -> None:
    before, between, after = around_outcome(group, AT)
    for previous in ("null", "9"):
        text = f"{before}12{between}{previous}{after}"
        body = json.loads(text)
        assert text == canonical(body)
        assert (body["intent"], canonical(body["previous"])) == (12, previous)


def test_what_is_equal_but_another_value_keeps_its_text() -> None:
    for value, text in ((1, "1"), (True, "true"), (1.0, "1.0"), (-0.0, "-0.0"), (0, "0"), (False, "false")):
        [said] = texts(intent("u-1", FieldChange(FieldKind.PROPERTY, "x", None, value), operator=ALICE))
        assert f'"changes":[{{"after":{text},"before":null' in said


def test_a_text_that_reads_like_a_part_of_the_entry_stays_where_it_is() -> None:
    like = ',"changes":null,"job":null,"subject":null,"undo_of":null,"intent":null,"previous":null,'
    [said] = texts(replace(intent(like), reason=like, evidence=like, connection=like, operator=BOB))
    body = json.loads(said)
    assert said == canonical(body)
    assert {body[name] for name in ("reason", "evidence", "connection")} == {like}
    before, between, after = around_outcome(OutcomeGroup((1,), Outcome.FAILED, code=like, message=like), AT)
    assert json.loads(f"{before}1{between}2{after}") | {"intent": 1, "previous": 2, "message": like} == (
        json.loads(f"{before}1{between}2{after}")
    )
