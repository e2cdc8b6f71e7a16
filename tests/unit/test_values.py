import json
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.requests import Scalar
from dfn_tui.api.types import Capabilities, StandardProperty, Value, ValueType
from dfn_tui.consent.flags import Flag
from dfn_tui.consent.likeness import is_consent_word
from dfn_tui.service.changes.fields import parse_assignment, resolve
from dfn_tui.service.changes.values import (
    ARRAY_BYTES,
    ValueRefused,
    check_property_name,
    format_value,
    parse_ci,
    parse_standard,
    parse_value,
    type_of,
)
from dfn_tui.service.personal import is_personal, shown_value
from dfn_tui.text.ids import NULL_WORDS

BIG = "123456789012345678901234567890"


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        (ValueType.STRING, " as it stands ", " as it stands "),
        (ValueType.STRING, "", ""),
        (ValueType.STRING, "[/foo] 김철수 \x1b[31m", "[/foo] 김철수 \x1b[31m"),
        (ValueType.NUMBER, "30", 30),
        (ValueType.NUMBER, "9223372036854775807", 2**63 - 1),
        (ValueType.NUMBER, "-9223372036854775808", -(2**63)),
        (ValueType.NUMBER, "1e19", 1e19),
        (ValueType.NUMBER, "-1.5e3", -1500.0),
        (ValueType.LONG, "-9223372036854775808", -(2**63)),
        (ValueType.DOUBLE, " 5 ", 5.0),
        (ValueType.BOOLEAN, "TRUE", True),
        (ValueType.BOOLEAN, "false", False),
        (ValueType.DATE, "2024-02-29", "2024-02-29"),
        (ValueType.DATETIME, "2024-06-24T06:42:25Z", "2024-06-24T06:42:25Z"),
        (ValueType.DATETIME, "2024-06-24T06:42:25.394Z", "2024-06-24T06:42:25.394Z"),
        (ValueType.STRINGS, '["a", "1"]', ["a", "1"]),
        (ValueType.STRINGS, "[]", []),
        (ValueType.LONGS, "[1, 9223372036854775807]", [1, 2**63 - 1]),
        (ValueType.DOUBLES, "[1, 2.5]", [1.0, 2.5]),
    ],
)
def test_reads_what_was_meant(type: ValueType, text: str, value: Value) -> None:
    parsed = parse_value(text, type)
    assert parsed == value
    assert json.dumps(parsed) == json.dumps(value)


@pytest.mark.parametrize(
    ("type", "text"),
    [
        (ValueType.STRING, "half \ud800"),
        (ValueType.NUMBER, ""),
        (ValueType.NUMBER, "nan"),
        (ValueType.NUMBER, "inf"),
        (ValueType.NUMBER, "1e400"),
        (ValueType.NUMBER, "1e-400"),
        (ValueType.NUMBER, "007"),
        (ValueType.NUMBER, "+5"),
        (ValueType.NUMBER, "1_000"),
        (ValueType.NUMBER, "٣"),
        (ValueType.NUMBER, "9223372036854775808"),
        (ValueType.NUMBER, "-9223372036854775809"),
        (ValueType.NUMBER, BIG),
        (ValueType.NUMBER, "9" * 5000),
        (ValueType.LONG, "1.0"),
        (ValueType.LONG, "9223372036854775808"),
        (ValueType.DOUBLE, "9007199254740993"),
        (ValueType.DOUBLE, "9" * 5000),
        (ValueType.DOUBLE, "Infinity"),
        (ValueType.BOOLEAN, "1"),
        (ValueType.BOOLEAN, "yes"),
        (ValueType.DATE, "2023-02-29"),
        (ValueType.DATE, "20240630"),
        (ValueType.DATE, "2024-W01-1"),
        (ValueType.DATETIME, "2024-06-24T06:42:25"),
        (ValueType.DATETIME, "2024-06-24T06:42:25+09:00"),
        (ValueType.DATETIME, "2024-06-24T24:00:00Z"),
        (ValueType.DATETIME, "2023-02-29T00:00:00Z"),
        (ValueType.DATETIME, "2024-06-24T06:42:25.39Z"),
        (ValueType.STRINGS, "a, b"),
        (ValueType.STRINGS, '{"a": 1}'),
        (ValueType.STRINGS, '["a", null]'),
        (ValueType.STRINGS, '["a", 1]'),
        (ValueType.STRINGS, '["\\ud800"]'),
        (ValueType.STRINGS, '[["a"]]'),
        (ValueType.STRINGS, "[" * 100_000),
        (ValueType.LONGS, "[1.0]"),
        (ValueType.LONGS, '["1"]'),
        (ValueType.LONGS, "[true]"),
        (ValueType.LONGS, "[9223372036854775808]"),
        (ValueType.DOUBLES, "[1e400]"),
        (ValueType.DOUBLES, "[NaN]"),
        (ValueType.DOUBLES, "[null]"),
    ],
)
def test_refuses_what_the_platform_cannot_store(type: ValueType, text: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        parse_value(text, type)
    assert refused.value.__cause__ is None
    assert refused.value.happened
    assert refused.value.next_step


def test_an_error_never_repeats_what_was_typed() -> None:
    for type in ValueType:
        if type is not ValueType.STRING:
            with pytest.raises(ValueRefused) as refused:
                parse_value("010-1234-5678 lee", type)
            assert "1234" not in str(refused.value)


def test_the_values_of_an_array_fit_into_8_kb_and_not_one_byte_more() -> None:
    whole = ["가" * 2730, "ab"]
    assert sum(len(item.encode()) for item in whole) == ARRAY_BYTES
    assert parse_value(json.dumps(whole), ValueType.STRINGS) == whole
    with pytest.raises(ValueRefused, match="8193"):
        parse_value(json.dumps([*whole, "c"]), ValueType.STRINGS)


def _reserved(value: object) -> bool:
    """Words that no property is given: they would mean a consent, or that nothing was ever set."""
    return isinstance(value, str) and (is_consent_word(value) or value.strip().casefold() == "undefined")


@given(
    st.one_of(
        st.text(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.text()).filter(bool),
        st.lists(st.integers(-(2**63), 2**63 - 1)).filter(bool),
        st.lists(st.floats(allow_nan=False, allow_infinity=False)).filter(bool),
    )
)
def test_what_is_shown_for_editing_reads_back_as_the_same_value(value: Value) -> None:
    items = value if isinstance(value, list) else [value]
    assume(not any(_reserved(item) or item in NULL_WORDS for item in items))
    capabilities = VERSION_1 if isinstance(value, int) else VERSION_2
    again = parse_value(format_value(value), type_of(value, capabilities))
    assert again == value
    assert type(again) is type(value)


@given(st.text(), st.sampled_from(ValueType))
def test_any_text_is_read_or_refused(text: str, type: ValueType) -> None:
    try:
        value = parse_value(text, type)
    except ValueRefused:
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@given(st.integers(min_value=-(10**300), max_value=10**300))
def test_a_double_is_never_another_number_than_was_typed(number: int) -> None:
    try:
        assert parse_value(str(number), ValueType.DOUBLE) == number
    except ValueRefused:
        assert int(float(number)) != number


@given(st.dates())
def test_every_day_is_a_date(day: date) -> None:
    assert parse_value(day.isoformat(), ValueType.DATE) == day.isoformat()


_NEAR = st.integers(-3, 3)


@given(
    st.integers() | _NEAR.map(lambda by: 2**63 + by) | _NEAR.map(lambda by: by - 2**63),
    st.sampled_from([ValueType.NUMBER, ValueType.LONG]),
)
def test_a_whole_number_is_taken_exactly_where_a_request_can_hold_it(number: int, type: ValueType) -> None:
    def taken() -> bool:
        try:
            return parse_value(str(number), type) == number
        except ValueRefused:
            return False

    def sendable() -> bool:
        try:
            return TypeAdapter(Scalar).validate_python(number) == number
        except ValidationError:
            return False

    assert taken() is sendable()


def standard(name: str) -> StandardProperty:
    both = (*VERSION_1.standard_properties, *VERSION_2.standard_properties)
    return next(prop for prop in both if prop.name == name)


def test_standard_properties_take_only_what_the_platform_lists() -> None:
    assert parse_standard(standard("df_gender"), "NonBinary") == "NonBinary"
    with pytest.raises(ValueRefused, match="NonBinary"):
        parse_standard(standard("df_gender"), "female")
    assert parse_standard(standard("df_birth"), "1990-01-31") == "1990-01-31"
    with pytest.raises(ValueRefused):
        parse_standard(standard("df_birth"), "31.1.1990")
    assert parse_standard(standard("age"), "30") == "30"


@pytest.mark.parametrize("capabilities", [VERSION_1, VERSION_2])
@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "user_id",
        "USER_ID",
        *(flag.value for flag in Flag),
        "Mkt_Flag",
        "ｍkt_flag",
        "df_push_ads_optin",
        "a\u202eb",
        "a\x1b[31mb",
        "a\ud800",
        "x" * 129,
    ],
)
def test_names_that_are_no_custom_property(name: str, capabilities: Capabilities) -> None:
    with pytest.raises(ValueRefused):
        check_property_name(name, capabilities)


def test_a_name_is_free_where_the_other_api_version_alone_knows_it() -> None:
    assert check_property_name(" 등급 ", VERSION_1) == "등급"
    assert check_property_name("[/foo]", VERSION_1) == "[/foo]"
    assert check_property_name("user_name", VERSION_2) == "user_name"
    for taken in ("phone_number", "kakao_id", "user_name"):
        with pytest.raises(ValueRefused):
            check_property_name(taken, VERSION_1)


@pytest.mark.parametrize("typed", ["010-1234-5678", "+82 10 1234 5678", " 01012345678"])
@pytest.mark.parametrize("field", ["phone_number", "phone_no"])
def test_a_phone_number_becomes_the_platforms_form_and_says_so(field: str, typed: str) -> None:
    value, note = parse_ci(field, typed)
    assert value == "821012345678"
    assert "821012345678" in note


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("phone_number", "821012345678"),
        ("kakao_id", "0123456789"),
        ("email", "lee@example.co.kr"),
        ("kakao_user_id", "k-1"),
        ("line_user_id", "U0"),
    ],
)
def test_what_is_already_right_is_kept_without_a_word(field: str, typed: str) -> None:
    assert parse_ci(field, typed) == (typed, "")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("phone_number", "12345"),
        ("phone_no", "call me"),
        ("kakao_id", "123456789"),
        ("kakao_id", "01234567890"),
        ("kakao_id", "٠١٢٣٤٥٦٧٨٩"),
        ("email", "lee@localhost"),
        ("email", "lee kim@example.com"),
        ("email", "a@b@example.com"),
        ("email", "lee\u202e@example.com"),
        ("email", "l" * 250 + "@example.com"),
        ("kakao_user_id", ""),
        ("line_user_id", "a\x1bb"),
        ("line_user_id", "a\ud800"),
    ],
)
def test_refuses_what_is_no_such_identifier(field: str, typed: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        parse_ci(field, typed)
    assert not typed or typed not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_name", "lee"),
        ("df_birth", "1990-01-31"),
        ("phone_number", "821012345678"),
        ("email", "x"),
        ("home_phone", "x"),
        ("TEL", "x"),
        ("user_tel", 21234567),
        ("비상연락처", "x"),
        ("memo", "call 010-1234-5678 back"),
        ("memo", "+82 10-1234-5678"),
        ("memo", 821012345678),
        ("memo", "ask lee@example.com"),
        ("friends", ["a", "lee@example.com"]),
    ],
)
def test_personal_values_are_masked_until_revealed(name: str, value: Value) -> None:
    assert is_personal(name, value)
    covered = "•" in shown_value(name, value, revealed=False)
    assert covered is (name not in ("user_name", "df_name"))  # whom a row is about is not hidden
    assert shown_value(name, value, revealed=True) == format_value(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hotel", "Seoul"),
        ("grade", "gold"),
        ("phone_verified", True),
        ("order", "20240101012345678"),
        ("at", "@ noon."),
        ("points", 3),
        ("gender", "male"),
    ],
)
def test_other_values_are_not(name: str, value: Value) -> None:
    assert not is_personal(name, value)
    assert shown_value(name, value, revealed=False) == format_value(value)


def test_nothing_personal_is_left_behind_an_address() -> None:
    for value in ("a@b.com 01012345678", '["a@b.com","01012345678"]'):
        assert "12345678" not in shown_value("memo", value, revealed=False)


@given(st.text(max_size=300))
def test_a_shown_value_is_inert(text: str) -> None:
    for revealed in (True, False):
        shown = shown_value("memo", "\x1b[31m\u202e" + text, revealed=revealed, limit=50)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert not any(0xD800 <= ord(char) < 0xE000 for char in shown)


@pytest.mark.parametrize("text", ["Undefined", "undefined", " UNDEFINED "])
def test_the_word_for_never_set_is_no_value(text: str) -> None:
    for refused in (
        lambda: parse_value(text, ValueType.STRING),
        lambda: parse_value(json.dumps([text]), ValueType.STRINGS),
        lambda: parse_ci("kakao_user_id", text),
        lambda: check_property_name(text, VERSION_1),
    ):
        with pytest.raises(ValueRefused, match="never set"):
            refused()


@pytest.mark.parametrize("text", ["NULL", "null", "None", "n/a", " NaN ", "#N/A"])
def test_a_word_for_no_value_is_never_stored_as_one(text: str) -> None:
    for refused in (
        lambda: parse_value(text, ValueType.STRING),
        lambda: parse_value(json.dumps([text]), ValueType.STRINGS),
        lambda: parse_assignment(f"user_name={text}", VERSION_1),
    ):
        with pytest.raises(ValueRefused, match="no value"):
            refused()
    assert parse_value("Nullmann", ValueType.STRING) == "Nullmann"


@pytest.mark.parametrize("name", ["mkt_sms", "night", "수신동의", "df_sms_ads", "sms_opt_out"])
def test_a_name_like_a_consents_is_no_propertys(name: str) -> None:
    with pytest.raises(ValueRefused, match="consent"):
        check_property_name(name, VERSION_1)


def test_no_consent_is_suggested_that_the_version_has_not() -> None:
    for capabilities, name, words in (
        (VERSION_1, "mkt_flg", "there is mkt_flag"),
        (VERSION_2, "mkt_flg", "reads like a consent"),
        (VERSION_2, "df_sms_ads", "there is df_sms_ads_optin"),
    ):
        with pytest.raises(ValueRefused, match=words):
            check_property_name(name, capabilities)


@pytest.mark.parametrize("value", ["Unsubscribed", "opted_in", "거부"])
def test_a_property_says_of_nobody_that_they_agreed(value: str) -> None:
    with pytest.raises(ValueRefused, match="agreed"):
        parse_value(value, ValueType.STRING)
    assert parse_value("Y", ValueType.STRING) == "Y"


def test_a_number_of_a_json_line_is_one_that_a_request_can_hold() -> None:
    found = resolve("scores", VERSION_2).read_json([1.5, 2**70], VERSION_2).value
    assert (found, isinstance(found, list) and {*map(type, found)}) == ([1.5, float(2**70)], {float})
    assert resolve("points", VERSION_1).read_json(-(2**63), VERSION_1).value == -(2**63)
    for number in (2**63, int(BIG)):
        with pytest.raises(ValueRefused, match="64 bits"):
            resolve("points", VERSION_1).read_json(number, VERSION_1)
