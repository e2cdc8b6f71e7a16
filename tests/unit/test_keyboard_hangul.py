"""Which keys a Korean letter was typed with."""

import unicodedata

import pytest

from dfn_tui.keyboard.hangul import latin_keys


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("ㄴ", "s"),
        ("녀", "su"),
        ("년", "sus"),
        ("ㅆ", "T"),
        ("ㄲ", "R"),
        ("ㅒ", "O"),
        ("ㅘ", "hk"),
        ("ㄳ", "rt"),
        ("닭", "ekfr"),
        ("까", "Rk"),
        ("힣", "glg"),
        ("가", "rk"),
        ("뷁", "qnpfr"),
        ("a", ""),
        ("é", ""),
        ("한글", ""),
        ("", ""),
        ("日", ""),
    ],
)
def test_a_letter_is_the_keys_it_was_typed_with(typed: str, keys: str) -> None:
    assert latin_keys(typed) == keys


def test_every_syllable_is_the_keys_of_its_parts() -> None:
    for point in range(0xAC00, 0xD7A4):
        parts = unicodedata.normalize("NFD", chr(point))
        assert latin_keys(chr(point)) == "".join(map(latin_keys, parts)) != ""


def test_every_letter_by_itself_has_keys() -> None:
    letters = [chr(point) for point in range(0x3131, 0x3164)]
    assert all(latin_keys(letter).isalpha() for letter in letters)
    assert {latin_keys(letter) for letter in "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"} == set(
        "abcdefghijklmnopqrstuvwxyz"
    )
