"""Examples of every form, and of every way in which a row or a whole input can be wrong."""

import io
import json
import os
import threading
from pathlib import Path

import pytest

from dfn_tui.api.capabilities import VERSION_1, VERSION_2
from dfn_tui.api.types import Capabilities, IdentityKind
from dfn_tui.errors import ConsoleError
from dfn_tui.service.bulk.input.encodings import FileUnreadable
from dfn_tui.service.bulk.input.layout import Form
from dfn_tui.service.bulk.input.mapping import NOTHING_SAID, InputRefused, MappingNeeded, MappingOptions
from dfn_tui.service.bulk.input.reading import open_input
from dfn_tui.service.bulk.input.records import Bad, Counts, Good, RowFault, StoppedAtBadRow
from dfn_tui.service.changes.fields import FieldEdit, NameRefused, parse_assignment
from dfn_tui.store import FieldKind


def own(*names: str) -> MappingOptions:
    """These columns are custom properties of their own names."""
    return MappingOptions(maps=tuple((name, name) for name in names))


STOP = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Unsubscribed")
GO = FieldEdit(FieldKind.CONSENT, "mkt_sms_flag", "Subscribed")


def rows(
    text: str,
    capabilities: Capabilities = VERSION_1,
    *for_all: FieldEdit,
    kind: IdentityKind | None = None,
    asked: MappingOptions = NOTHING_SAID,
) -> list[tuple[int, str, tuple[FieldEdit, ...]] | tuple[int, RowFault]]:
    """What is read from a pasted text, in short; all of it is accounted for."""
    with open_input(text, capabilities, for_all, kind, asked) as source:
        found = list(source.rows())
        goods = sum(isinstance(row, Good) for row in found)
        assert (source.counts.good, source.counts.bad) == (goods, len(found) - goods)
    return [
        (row.line, row.user, row.wanted.edits) if isinstance(row, Good) else (row.line, row.fault)
        for row in found
    ]


def one_bad(text: str, capabilities: Capabilities = VERSION_1, *for_all: FieldEdit) -> Bad:
    with open_input(text, capabilities, for_all) as source:
        [bad] = [row for row in source.rows() if isinstance(row, Bad)]
    return bad


def test_one_id_a_line() -> None:
    text = "kim\r\n\r\n  lee \n\u200bpark\u200d\n박지성\n010\n"
    with open_input(text, VERSION_1, [STOP]) as source:
        assert (source.form, source.kind, source.columns) == (Form.IDS, IdentityKind.USER_ID, ())
        assert source.encoding is None
        found = [(row.line, row.user, row.wanted.edits) for row in source.rows() if isinstance(row, Good)]
        assert source.counts == Counts(good=5, bad=0, blank=1)
    assert found == [
        (1, "kim", (STOP,)),
        (3, "lee", (STOP,)),
        (4, "park", (STOP,)),
        (5, "박지성", (STOP,)),
        (6, "010", (STOP,)),
    ]


def test_ids_may_have_a_header() -> None:
    assert rows("\n user_id \nkim\n", VERSION_1, STOP) == [(3, "kim", (STOP,))]
    assert rows("PHONE_NO\n010-1234-5678", VERSION_2, STOP) == [(2, "821012345678", (STOP,))]


@pytest.mark.parametrize("head", ["회원번호", "고객 ID", "\ufeffid"])
def test_a_head_that_names_no_identity_is_asked_about_and_taken_for_no_user(head: str) -> None:
    with pytest.raises(InputRefused, match="may be a head"):
        rows(f"{head}\nkim\n", VERSION_1, STOP)
    assert rows(f"kim\n{head}\n", VERSION_1, STOP)[0][1] == "kim"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"kim, lee"', "kim, lee"),
        ('"kim ""K"""', 'kim "K"'),
        ('="0123"', "0123"),
        ('"=""0123"""', "0123"),
        ('"kim', RowFault.QUOTES),
        ('"kim" lee', RowFault.QUOTES),
        ("kim,lee", RowFault.CELLS),
        ("kim lee", RowFault.CELLS),
        ("kim\tlee", RowFault.CELLS),
        ('"kim","lee"', RowFault.CELLS),
        ('""', RowFault.NO_ID),
        ("'0123", RowFault.BAD_ID),
        ("8.21012E+11", RowFault.BAD_ID),
        ("kim\x1b[31m", RowFault.BAD_ID),
        ("kim\ud83d", RowFault.BAD_ID),
    ],
)
def test_one_id(line: str, expected: str | RowFault) -> None:
    [_first, row] = rows(f"id-1\n{line}\n", VERSION_1, STOP, asked=MappingOptions(no_head=True))
    assert row == ((2, expected) if isinstance(expected, RowFault) else (2, expected, (STOP,)))


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table(delimiter: str) -> None:
    text = 'user_id|mkt_sms_flag|등급\r\nkim|Unsubscribed|"우""수\r\n한"\r\n\r\nlee|subscribed|\r\n||\r\n'
    with open_input(text.replace("|", delimiter), VERSION_1, asked=own("등급")) as source:
        assert source.form is (Form.TSV if delimiter == "\t" else Form.CSV)
        assert [(column.kind, column.name) for column in source.columns] == [
            (FieldKind.CONSENT, "mkt_sms_flag"),
            (FieldKind.PROPERTY, "등급"),
        ]
        found = [(row.line, row.user, row.wanted.edits) for row in source.rows() if isinstance(row, Good)]
        assert source.counts == Counts(good=2, blank=2)
    assert found == [
        (2, "kim", (STOP, FieldEdit(FieldKind.PROPERTY, "등급", '우"수\r\n한'))),
        (5, "lee", (GO,)),
    ]


def test_the_key_is_the_column_named_for_it() -> None:
    assert rows("mkt_sms_flag,user_id\nUnsubscribed,kim") == [(2, "kim", (STOP,))]
    asked = MappingOptions(maps=(("고객", "user_id"),))
    assert rows("고객,mkt_sms_flag\nkim,Unsubscribed", asked=asked) == [(2, "kim", (STOP,))]
    by_email = "df_sms_ads_optin,email\nFALSE,kim@example.com"
    assert rows(by_email, VERSION_2) == [(2, "kim@example.com", (STOP,))]
    asked = MappingOptions(maps=(("customer", "phone_no"),))
    with open_input("customer,mkt_sms_flag\n0212345678,Unsubscribed", VERSION_2, asked=asked) as s:
        assert s.kind is IdentityKind.PHONE_NO
        assert [row.user for row in s.rows() if isinstance(row, Good)] == ["82212345678"]


def test_columns_and_a_change_for_all() -> None:
    night = parse_assignment("night_flag=unsubscribed", VERSION_1)
    assert rows("user_id,mkt_sms_flag\nkim,Unsubscribed\nlee,", VERSION_1, night) == [
        (2, "kim", (STOP, night)),
        (3, "lee", (night,)),
    ]


def test_every_kind_of_field() -> None:
    text = (
        "user_id,user_name,age,phone_number,kakao_id,points:number,vip:boolean\n"
        'kim,김,30,010-1234-5678,="0123456789",1.5,TRUE\n'
    )
    [(line, user, edits)] = rows(text, asked=own("points:number", "vip:boolean"))  # type: ignore[misc]
    assert (line, user) == (2, "kim")
    assert set(edits) == {
        FieldEdit(FieldKind.PROPERTY, "user_name", "김"),
        FieldEdit(FieldKind.PROPERTY, "age", "30"),
        FieldEdit(FieldKind.CI, "phone_number", "821012345678"),
        FieldEdit(FieldKind.CI, "kakao_id", "0123456789"),
        FieldEdit(FieldKind.PROPERTY, "points", 1.5),
        FieldEdit(FieldKind.PROPERTY, "vip", True),
    }


def test_bad_rows_of_a_table_stop_nothing() -> None:
    text = (
        "user_id,mkt_sms_flag,points:number\n"  # 1
        "a,Unsubscribed,\n"
        ",Unsubscribed,\n"
        "b,maybe,\n"
        "c,Undefined,\n"
        "d,Unsubscribed\n"  # 6
        "e,Unsubscribed,1,2\n"
        "f,Unsubscribed,many\n"
        "g,,\n"
        '"h,Unsubscribed,\n'
        "i,Unsubscribed,\n"  # 11
        '"j","Unsubscribed",""\n'
        '"k"x,Unsubscribed,\n'
        '"l\nm",Unsubscribed,\n'
        "n,Unsubscribed,,,\n"  # 16
    )
    assert rows(text, asked=own("points:number")) == [
        (2, "a", (STOP,)),
        (3, RowFault.NO_ID),
        (4, RowFault.VALUE),
        (5, RowFault.VALUE),
        (6, RowFault.CELLS),
        (7, RowFault.CELLS),
        (8, RowFault.VALUE),
        (9, RowFault.NOTHING),
        (10, RowFault.QUOTES),
        (11, "i", (STOP,)),
        (12, "j", (STOP,)),
        (13, RowFault.QUOTES),
        (14, RowFault.BAD_ID),
        (16, "n", (STOP,)),
    ]


def test_a_quotation_mark_that_is_never_closed_costs_one_row() -> None:
    tail = "".join(f"user-{number},Unsubscribed\n" for number in range(20_000))
    found = rows('user_id,mkt_sms_flag\n"kim,Unsubscribed\n' + tail)
    assert found[0] == (2, RowFault.QUOTES)
    assert found[1:] == [(number + 3, f"user-{number}", (STOP,)) for number in range(20_000)]


def test_json_lines() -> None:
    text = (
        '\ufeff{"user_id": "kim", "mkt_sms_flag": "Unsubscribed", "points": 3}\n'
        "\n"
        '{"points": 3.0, "MKT_SMS_FLAG": "unsubscribed", "user_id": 123}\n'
    )
    points = (STOP, FieldEdit(FieldKind.PROPERTY, "points", 3))
    assert rows(text, asked=own("points")) == [(1, "kim", points), (3, "123", points)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("nothing of the kind", RowFault.JSON),
        ("[1]", RowFault.JSON),
        ('"kim"', RowFault.JSON),
        ("[" * 100_000, RowFault.JSON),
        ('{"user_id": "a", "points": ' + "1" * 5000 + "}", RowFault.JSON),
        ('{"user_id": "a", "points": NaN}', RowFault.JSON),
        ('{"points": 1}', RowFault.NO_ID),
        ('{"user_id": "", "points": 1}', RowFault.NO_ID),
        ('{"user_id": null, "points": 1}', RowFault.BAD_ID),
        ('{"user_id": true, "points": 1}', RowFault.BAD_ID),
        ('{"user_id": ["a"], "points": 1}', RowFault.BAD_ID),
        ('{"user_id": "a\\u0000", "points": 1}', RowFault.BAD_ID),
        ('{"user_id": "a\\ud83d", "points": 1}', RowFault.BAD_ID),
        ('{"user_id": "a", "User_Id": "b", "points": 1}', RowFault.BAD_ID),
        ('{"user_id": "a"}', RowFault.NOTHING),
        ('{"user_id": "a", "mkt_flag": "Subscribed", "mkt_flag": "Unsubscribed"}', RowFault.NAME),
        ('{"user_id": "a", "mkt_flag": true}', RowFault.VALUE),
        ('{"user_id": "a", "mkt_flag": "Undefined"}', RowFault.VALUE),
        ('{"user_id": "a", "age": 30}', RowFault.VALUE),
        ('{"user_id": "a", "points": null}', RowFault.VALUE),
        ('{"user_id": "a", "points": [1]}', RowFault.VALUE),
        ('{"user_id": "a", "points": {"x": 1}}', RowFault.VALUE),
        ('{"user_id": "a", "points": 1e999}', RowFault.VALUE),
        ('{"user_id": "a", "points": "\\ud83d"}', RowFault.VALUE),
        ('{"user_id": "a", "phone_number": 821012345678}', RowFault.VALUE),
        ('{"user_id": "a", "kakao_id": "12"}', RowFault.VALUE),
    ],
)
def test_a_bad_json_line(line: str, fault: RowFault) -> None:
    good = '{"user_id": "kim", "mkt_sms_flag": "Unsubscribed"}'
    assert rows(f"{good}\n{line}\n{good}", asked=own("points")) == [
        (1, "kim", (STOP,)),
        (2, fault),
        (3, "kim", (STOP,)),
    ]


@pytest.mark.parametrize("name", ["mkt_smss_flag", "df_sms_ads_optin", "", "points"])
def test_a_name_in_json_lines_that_nobody_explained(name: str) -> None:
    good = '{"user_id": "kim", "mkt_sms_flag": "Unsubscribed"}\n'
    line = json.dumps({"user_id": "kim", name: "Subscribed"})
    with pytest.raises(MappingNeeded):
        rows(good + line)
    late = rows(good * 200 + line)
    assert late[-1] == (201, RowFault.NAME)
    assert len(late) == 201


def test_json_lines_of_version_2() -> None:
    text = (
        "{nothing\n"
        '{"phone_no": "010-1234-5678", "df_sms_ads_optin": false, "tags": ["a"], "level": 1, "share": 0.5}\n'
        '{"phone_no": "821012345678", "mkt_sms_flag": "Subscribed"}\n'
        '{"email": "kim@example.com", "mkt_sms_flag": "Subscribed"}\n'
        '{"phone_no": "821012345678", "df_sms_ads_optin": true, "mkt_sms_flag": "Subscribed"}\n'
        '{"phone_no": "821012345678", "df_sms_ads_optin": "true"}\n'
        '{"phone_no": "821012345678", "level": 9223372036854775808}\n'
        '{"phone_no": "821012345678", "mixed": [1, "a"]}\n'
    )
    typed = [("level", 1), ("share", 0.5), ("tags", ["a"])]
    assert rows(text, VERSION_2, asked=own("tags", "level", "share", "mixed")) == [
        (1, RowFault.JSON),
        (2, "821012345678", (STOP, *(FieldEdit(FieldKind.PROPERTY, name, value) for name, value in typed))),  # type: ignore[arg-type]
        (3, "821012345678", (GO,)),
        (4, "kim@example.com", (GO,)),
        (5, RowFault.NAME),
        (6, RowFault.VALUE),
        (7, RowFault.VALUE),
        (8, RowFault.VALUE),
    ]


@pytest.mark.parametrize(
    ("text", "capabilities", "for_all"),
    [
        ("", VERSION_1, [STOP]),
        (" \n\n\t\n", VERSION_1, [STOP]),
        ("kim\nlee", VERSION_1, []),
        ("user_id\nkim", VERSION_1, []),
        ("user_id,\nkim,", VERSION_1, []),
        ("kim,Unsubscribed", VERSION_1, [STOP]),
        ("kim\tUnsubscribed", VERSION_1, [STOP]),
        ("mkt_sms_flag,night_flag\nSubscribed,Subscribed", VERSION_1, []),
        ("external_id,mkt_sms_flag\nkim,Subscribed", VERSION_1, []),
        ("user_id,mkt_sms_flag\nkim,Subscribed", VERSION_2, []),
        ("external_id,phone_no,mkt_sms_flag", VERSION_2, []),
        ("user_id,mkt_sms_flag,,points", VERSION_1, []),
        ("user_id,mkt_sms_flag,mkt_sms_flag", VERSION_1, []),
        ("external_id,mkt_sms_flag,df_sms_ads_optin", VERSION_2, []),
        ("user_id,mkt_sms_flag", VERSION_1, [STOP]),
        ("user_id,mkt_smss_flag", VERSION_1, []),
        ("external_id,mkt_flag", VERSION_2, []),
        ('[{"user_id": "kim"}]', VERSION_1, [STOP]),
        ("[\n", VERSION_1, [STOP]),
    ],
)
def test_an_input_that_is_refused(text: str, capabilities: Capabilities, for_all: list[FieldEdit]) -> None:
    with pytest.raises((InputRefused, NameRefused)) as raised:
        open_input(text, capabilities, for_all)
    # Where columns are asked about, their first values help to tell.
    assert isinstance(raised.value, MappingNeeded) or "kim" not in str(raised.value)


def test_stopping_at_the_first_bad_row() -> None:
    with open_input("kim\n'lee\npark", VERSION_1, [STOP]) as source:
        found = source.rows(stop_at_first_bad=True)
        assert isinstance(next(found), Good)
        with pytest.raises(StoppedAtBadRow, match="Line 2:") as raised:
            next(found)
        assert raised.value.bad.fault is RowFault.BAD_ID
        assert len(list(source.rows())) == 3  # and it can be read again from the start


def test_personal_ids_are_covered_and_hostile_ones_inert() -> None:
    bad = one_bad("phone_no,mkt_sms_flag\n010-1234-5678,maybe", VERSION_2)
    assert "1234" not in bad.shown and bad.shown.startswith("82")
    assert "maybe" not in bad.reason
    bad = one_bad("email,mkt_sms_flag\nkim@example.com x,Subscribed", VERSION_2)
    assert "kim" not in bad.shown
    bad = one_bad("user_id\n\x1b]0;gone\x07" + "x" * 100, VERSION_1, STOP)
    assert bad.shown.startswith("\\x1b]0;gone\\x07x") and len(bad.shown) < 60


def test_a_file_a_stream_and_a_pipe(tmp_path: Path) -> None:
    data = "user_id,mkt_sms_flag\n김,Unsubscribed\n".encode("cp949")
    plain = tmp_path / "plain.csv"
    plain.write_bytes(data)
    stream = io.BytesIO(data)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    for source in (plain, stream, pipe):
        with open_input(source, VERSION_1) as opened:
            assert opened.encoding == "CP949"
            for _again in range(2):
                assert [(row.line, row.user) for row in opened.rows() if isinstance(row, Good)] == [(2, "김")]
    writer.join()
    assert not stream.closed


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_file_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileUnreadable, match="Nothing was taken"):
        open_input(tmp_path / name, VERSION_1, [STOP])


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_bytes(b"kim\n" * 10_000)
    with open_input(path, VERSION_1, [STOP]) as source, path.open("r+b") as other:
        other.seek(30_000)
        other.write(b"\xff\xff")
        other.flush()
        with pytest.raises(FileUnreadable, match="changed"):
            list(source.rows())


def test_errors_are_the_consoles() -> None:
    for error in (FileUnreadable, InputRefused, NameRefused, StoppedAtBadRow):
        assert issubclass(error, ConsoleError)


def test_a_line_drawn_below_a_head_is_no_user() -> None:
    text = "user_id\n-------\nU-1\n+-----+\n=====\nauth0|5f7c\n___\n"
    with open_input(text, VERSION_1, [parse_assignment("mkt_flag=Unsubscribed", VERSION_1)]) as source:
        rows = list(source.rows())
    assert [row.user for row in rows if isinstance(row, Good)] == ["U-1", "auth0|5f7c"]
