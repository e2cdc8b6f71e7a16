import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfn_tui.text import mask, mask_said, mask_within


@pytest.mark.parametrize(
    ("value", "covered"),
    [
        ("821012345678", "82••••••••78"),
        ("0123456789", "01••••••89"),
        ("lee@example.com", "l••@example.com"),
        ("홍길동", "•••"),
        ("", "•"),
    ],
)
def test_masks(value: str, covered: str) -> None:
    assert mask(value) == covered


@pytest.mark.slow
@given(st.text("0123456789", min_size=5))
def test_a_number_keeps_its_length_and_at_most_four_digits(digits: str) -> None:
    covered = mask(digits)
    assert len(covered) == len(digits)
    assert covered.count("•") == len(digits) - 4


@given(st.text(max_size=4).filter(lambda text: "@" not in text and "•" not in text))
def test_nothing_of_a_short_value_is_left(text: str) -> None:
    assert set(mask(text)) == {"•"}


@given(local=st.text("abc", min_size=2), domain=st.sampled_from(["example.com", "example.kr"]))
def test_an_address_keeps_its_first_letter_and_its_domain(local: str, domain: str) -> None:
    covered = mask(f"{local}@{domain}")
    assert covered.startswith(f"{local[0]}•")
    assert covered.endswith(f"•@{domain}")
    assert local not in covered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phone_number 821012345678 is taken", "phone_number 82••••••••78 is taken"),
        ("call +82-10-1234-5678.", "call +8••••••••••••78."),
        ("0123456789,lee@example.com", "01••••••89,l••@example.com"),
        ("at 2026-03-02T13:30:00, code 50000", "at 2026-03-02T13:30:00, code 50000"),
        ("12345678 and 12345678", "12345678 and 12345678"),
        ("a@b and @example.com", "a@b and @example.com"),
    ],
)
def test_numbers_and_addresses_within_a_text(text: str, shown: str) -> None:
    assert mask_within(text) == shown


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("called 010-0000-1234", "called 01•••••••••34"),
        ("called 010 0000 1234, tel01000001234", "called 01•••••••••34, tel01•••••••34"),
        ("(02) 555-1234", "(0•••••••••34"),
        ("(02)555-1234", "(0••••••••34"),
        ("+1 415 555 2671 asked", "+1•••••••••••71 asked"),
        ("전화01000001234", "전화01•••••••34"),
        ("mail of lee.kim@example.com.", "mail of l••••••@example.com."),
        ("900101-1234567", "90••••••••••67"),
        ("2026-11-27 13:05, form 12, INC-20261127001", "2026-11-27 13:05, form 12, INC-20261127001"),
        ("CHG0030001 INC-010-0000-1234", "CHG0030001 INC-01•••••••••34"),
        ("user-0001 to user-0042", "user-0001 to user-0042"),
    ],
)
def test_what_is_personal_in_what_an_operator_typed(text: str, kept: str) -> None:
    assert mask_said(text) == kept


@given(st.text(st.sampled_from("01289-. +()@a.INC·한"), max_size=40))
def test_masked_once_is_masked(text: str) -> None:
    assert mask_said(mask_said(text)) == mask_said(text)
