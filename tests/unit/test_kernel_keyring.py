"""The kernel's keyring: how long a token stays, and what is said where it cannot."""

import errno
import platform
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from dfn_tui.credentials.kernel import LONGEST_STAY, KernelKeyring, KernelUnusable, end_of_stay
from tests.unit.kernels import FakeKernel, forbidden

KOREA = timezone(timedelta(hours=9))
TOKEN = SecretStr("tok-3f81c6")
NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def known_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    if platform.machine() not in {"x86_64", "aarch64"}:
        pytest.skip("the stand-in knows the numbers of x86_64 and aarch64")
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-02T09:00", "2026-03-02T20:00"),
        ("2026-03-02T19:59", "2026-03-02T20:00"),
        ("2026-03-02T20:00", "2026-03-03T08:00"),
        ("2026-03-02T23:30", "2026-03-03T11:30"),
        ("2026-03-02T07:59", "2026-03-02T19:59"),
        ("2026-03-02T08:00", "2026-03-02T20:00"),
    ],
)
def test_a_token_goes_with_the_working_day(now: str, end: str) -> None:
    start = datetime.fromisoformat(now).replace(tzinfo=KOREA)
    assert end_of_stay(start.astimezone(UTC)) == datetime.fromisoformat(end).replace(tzinfo=KOREA)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))
@example(datetime(2006, 10, 27, tzinfo=ZoneInfo("Asia/Amman")))  # where clocks are put back an hour later
def test_it_never_stays_longer_than_twelve_hours_nor_past_the_evening(now: datetime) -> None:
    end = end_of_stay(now)
    assert timedelta() < end - now <= LONGEST_STAY
    assert not now < end.replace(hour=20, minute=0, second=0, microsecond=0) < end


def test_a_token_is_kept_until_then_found_and_deleted() -> None:
    kernel = FakeKernel()
    keyring = KernelKeyring(kernel)
    assert keyring.read("prod/api") is None
    assert keyring.write("prod/api", TOKEN, NOON) == datetime(2026, 3, 2, 20, 0, tzinfo=KOREA)
    assert kernel.seconds == {100: 8 * 3600}
    assert kernel.keys == {100: (b"dfn-tui:prod/api", b"tok-3f81c6")}
    assert keyring.read("prod/api") == TOKEN
    assert keyring.read("prod/export") is None
    keyring.write("prod/api", SecretStr("newer"), NOON)
    assert keyring.read("prod/api") == SecretStr("newer")
    keyring.delete("prod/api")
    keyring.delete("prod/api")
    assert kernel.keys == {}


def test_a_token_that_would_stay_for_ever_is_taken_out_again() -> None:
    kernel = FakeKernel(no_timeouts=True)
    with pytest.raises(KernelUnusable):
        KernelKeyring(kernel).write("prod/api", TOKEN)
    assert kernel.keys == {}


@pytest.mark.parametrize("code", [errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_it_is_forbidden_that_is_said(code: int) -> None:
    keyring = KernelKeyring(forbidden(code))
    for use in (
        lambda: keyring.read("prod/api"),
        lambda: keyring.write("prod/api", TOKEN),
        lambda: keyring.delete("prod/api"),
    ):
        with pytest.raises(KernelUnusable) as raised:
            use()
        assert "usual in containers" in raised.value.reason
        assert TOKEN.get_secret_value() not in raised.value.reason


def test_another_failure_is_named() -> None:
    with pytest.raises(KernelUnusable, match="Disk quota exceeded"):
        KernelKeyring(forbidden(errno.EDQUOT)).write("prod/api", TOKEN)


@pytest.mark.parametrize("payload", [b"", b"two\nlines", b"\xff\xfe", b"x" * 5000])
def test_an_entry_that_is_no_token_is_not_used(payload: bytes) -> None:
    kernel = FakeKernel()
    kernel.keys[100] = (b"dfn-tui:prod/api", payload)
    with pytest.raises(KernelUnusable, match="does not hold a token"):
        KernelKeyring(kernel).read("prod/api")


def test_a_processor_or_system_without_known_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(KernelUnusable, match="riscv64"):
        KernelKeyring(FakeKernel()).read("prod/api")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(KernelUnusable, match="Only the Linux kernel"):
        KernelKeyring(FakeKernel()).read("prod/api")
