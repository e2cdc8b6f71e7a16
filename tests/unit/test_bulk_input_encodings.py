"""Which encoding a file is in, whichever of its bytes tells."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.service.bulk.input.encodings import LONGEST_LINE, FileUnreadable, detect_encoding

TEXT = "user_id,mkt_sms_flag\n김철수,Unsubscribed\n"
KOREAN = st.text(st.sampled_from("가각힣똠방abc123\n,뷁쀍"), min_size=1)


def name_of(data: bytes) -> str:
    return detect_encoding(io.BytesIO(data)).name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT.encode(), "UTF-8"),
        (b"only ascii\n", "UTF-8"),
        (b"", "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8 with BOM"),
        (TEXT.encode("cp949"), "CP949"),
        ("\ufeff".encode("utf-16-le") + TEXT.encode("utf-16-le"), "UTF-16 LE with BOM"),
        ("\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"), "UTF-16 BE with BOM"),
        ("\ufeff".encode("utf-32-le") + TEXT.encode("utf-32-le"), "UTF-32 LE with BOM"),
        ("\ufeff".encode("utf-32-be") + TEXT.encode("utf-32-be"), "UTF-32 BE with BOM"),
        (TEXT.encode("utf-16-le"), "UTF-16 LE"),
        (TEXT.encode("utf-16-be"), "UTF-16 BE"),
        (b"a\x00b,c\n", "UTF-8"),
    ],
)
def test_each_encoding_is_named(data: bytes, name: str) -> None:
    assert name_of(data) == name


@pytest.mark.parametrize("codec", ["utf-8", "cp949"])
@pytest.mark.parametrize("shift", range(3))
def test_the_last_row_may_tell_and_characters_may_lie_across_pieces(codec: str, shift: int) -> None:
    name = {"utf-8": "UTF-8", "cp949": "CP949"}[codec]
    ascii_rows = b"customer\n" * (2 * LONGEST_LINE // 9)
    assert name_of(ascii_rows + "김\n".encode(codec)) == name
    assert name_of(b"x" * shift + "김철수\n".encode(codec) * (LONGEST_LINE // 4)) == name


@given(KOREAN)
def test_what_is_read_is_what_was_written(text: str) -> None:
    for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        data = text.encode(codec)
        encoding = detect_encoding(io.BytesIO(data))
        assert data[encoding.mark :].decode(encoding.codec) == text
    # It is no UTF-8 in CP949, and ordinary Korean beside syllables that are not.
    with_a_hint = "가나다라마바사 아자차카타파하\n" * (1 + len(text) // 4) + text
    data = with_a_hint.encode("cp949")
    assert data.decode(detect_encoding(io.BytesIO(data)).codec) == with_a_hint


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding_or_a_first_bad_byte_or_it_has_to_be_named(data: bytes) -> None:
    try:
        encoding = detect_encoding(io.BytesIO(data))
    except FileUnreadable as refused:
        assert "Byte " in refused.happened or "hardly Korean" in refused.happened
    else:
        data[encoding.mark :].decode(encoding.codec)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"kim\r\nlee\rpark\n\xff\xff\n", r"Byte 14 \(in line 4\) is no UTF-8"),
        ("김\n".encode("cp949") + b"\xff\n", r"Byte 3 \(in line 2\) is no CP949"),
        (b"\xef\xbb\xbfkim\n\xb1\xe8", r"Byte 7 \(in line 2\) is no UTF-8 with BOM"),
        (b"kim\n\xea", r"Byte 4 \(in line 2\) is no"),
        (b"\xff\xfea\x00\n\x00\x00\xd8", r"Byte 6 \(in line 2\) is no UTF-16 LE with BOM"),
        (b"kim\n" * LONGEST_LINE + b"\xff\xff", rf"Byte {4 * LONGEST_LINE} \(in line {LONGEST_LINE + 1}\)"),
    ],
)
def test_the_first_bad_byte_is_named(data: bytes, said: str) -> None:
    with pytest.raises(FileUnreadable, match=said) as raised:
        detect_encoding(io.BytesIO(data))
    assert "kim" not in str(raised.value)


def test_a_file_without_lines_is_not_read_into_memory() -> None:
    with pytest.raises(FileUnreadable, match="Line 3 is longer"):
        detect_encoding(io.BytesIO(b"a\nb\n" + b"x" * (2 * LONGEST_LINE)))
