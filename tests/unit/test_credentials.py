"""Where a token comes from, where it goes, and that it is shown nowhere."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dfn_tui.credentials import BadToken, Source, TokenKind, TokenStore, clean_token
from dfn_tui.credentials.backends import Backend, NoKeyring

API, IMPORT, EXPORT = TokenKind
SECRET = SecretStr("tok-3f81c6")


class Entries:
    """A keyring in memory: what the console uses of one, and what a broken one would do."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.drops_writes = False
        self.asked_by_main: set[bool] = set()  # whether each question came from the main thread

    def __call__(self) -> Backend:
        self.asked_by_main.add(threading.get_ident() == threading.main_thread().ident)
        return self

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.drops_writes:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def nothing_here() -> Backend:
    raise NoKeyring("No keyring works here.")


class Exploding(Entries):
    """A keyring that puts the token into its errors."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"cannot keep {password}")


class Silent:
    """A keyring that never answers while the test runs."""

    def __init__(self) -> None:
        self.asked = 0
        self.end = threading.Event()

    def __call__(self) -> Backend:
        self.asked += 1
        self.end.wait()
        raise NoKeyring("over")


@pytest.fixture
def silent() -> Iterator[Silent]:
    keyring = Silent()
    yield keyring
    keyring.end.set()


async def test_a_token_is_kept_under_the_connection_and_its_kind() -> None:
    entries = Entries()
    store = TokenStore(backend=entries, environ={})
    for kind in TokenKind:
        assert (await store.set("prod", kind, SecretStr(f" {kind}-token\n"))).source is Source.KEYRING
    assert entries.kept == {
        ("dfn-tui", "prod/api"): "api-token",
        ("dfn-tui", "prod/import"): "import-token",
        ("dfn-tui", "prod/export"): "export-token",
    }
    found = await TokenStore(backend=entries, environ={}).get("prod", API)
    assert (found.token, found.source) == (SecretStr("api-token"), Source.KEYRING)
    assert (await store.get("other", API)).source is Source.NONE

    assert (await store.delete("prod", API)).source is Source.NONE
    assert (await store.delete("prod", API)).source is Source.NONE
    assert ("dfn-tui", "prod/api") not in entries.kept
    assert entries.asked_by_main == {False}


@pytest.mark.parametrize(
    ("kind", "token"), [(API, "from-env"), (IMPORT, "from-env"), (EXPORT, "export-from-env")]
)
async def test_the_environment_wins_and_is_never_stored(kind: TokenKind, token: str) -> None:
    entries = Entries()
    environ = {"DFN_TUI_TOKEN": "from-env\n", "DFN_TUI_EXPORT_TOKEN": "export-from-env"}
    store = TokenStore(backend=entries, environ=environ)
    found = await store.get("prod", kind)
    assert (found.token, found.source) == (SecretStr(token), Source.ENVIRONMENT)
    assert entries.asked_by_main == set()

    placed = await store.set("prod", kind, SECRET)
    assert placed.source is Source.KEYRING
    assert "DFN_TUI_" in placed.reason
    assert (await store.get("prod", kind)).token == SecretStr(token)
    assert list(entries.kept.values()) == [SECRET.get_secret_value()]

    deleted = await store.delete("prod", kind)
    assert deleted.source is Source.NONE
    assert "DFN_TUI_" in deleted.reason
    assert entries.kept == {}


async def test_a_token_for_this_run_comes_before_the_environment() -> None:
    store = TokenStore(backend=nothing_here, environ={"DFN_TUI_TOKEN": "from-env"})
    assert "DFN_TUI_TOKEN" in store.outranked("prod", API)
    assert store.outranked("prod", EXPORT) == ""
    store.hold("prod", API, SECRET)
    assert (await store.get("prod", API)).token == SECRET
    assert (await store.get("other", API)).token == SecretStr("from-env")


async def test_an_empty_variable_is_no_token_and_a_wrong_one_is_named() -> None:
    store = TokenStore(backend=Entries(), environ={"DFN_TUI_TOKEN": "", "DFN_TUI_EXPORT_TOKEN": "a b"})
    assert (await store.get("prod", API)).source is Source.NONE
    found = await store.get("prod", EXPORT)
    assert (found.token, found.source) == (None, Source.NONE)
    assert "DFN_TUI_EXPORT_TOKEN is set, but not to a token" in found.reason
    assert "a b" not in found.reason


async def test_without_a_keyring_the_token_is_held_for_this_run() -> None:
    store = TokenStore(backend=nothing_here, environ={})
    placed = await store.set("prod", API, SECRET)
    assert placed.source is Source.MEMORY
    assert placed.reason == "No keyring works here."
    found = await store.get("prod", API)
    assert (found.token, found.source) == (SECRET, Source.MEMORY)
    assert (await store.delete("prod", API)).source is Source.NONE
    assert (await store.get("prod", API)).reason == "No keyring works here."
    assert (await TokenStore(backend=nothing_here, environ={}).get("prod", API)).token is None


async def test_a_held_token_wins_over_the_keyring_until_another_is_set() -> None:
    store = TokenStore(backend=Entries(), environ={})
    await store.set("prod", API, SecretStr("old"))
    store.hold("prod", API, SECRET)
    assert (await store.get("prod", API)).source is Source.MEMORY
    await store.set("prod", API, SecretStr("new"))
    found = await store.get("prod", API)
    assert (found.token, found.source) == (SecretStr("new"), Source.KEYRING)


async def test_a_keyring_that_drops_what_it_is_given_is_found_out() -> None:
    entries = Entries()
    entries.drops_writes = True
    placed = await TokenStore(backend=entries, environ={}).set("prod", API, SECRET)
    assert placed.source is Source.MEMORY
    assert "did not keep" in placed.reason


async def test_an_entry_that_is_no_token_is_not_used() -> None:
    entries = Entries()
    entries.kept["dfn-tui", "prod/api"] = "two\nlines"
    found = await TokenStore(backend=entries, environ={}).get("prod", API)
    assert (found.token, found.source) == (None, Source.NONE)
    assert "prod/api" in found.reason
    assert "lines" not in found.reason


async def test_a_failing_keyring_is_reported_without_its_words() -> None:
    placed = await TokenStore(backend=Exploding(), environ={}).set("prod", API, SECRET)
    assert placed.source is Source.MEMORY
    assert "OSError" in placed.reason
    assert SECRET.get_secret_value() not in repr(placed)


async def test_a_silent_keyring_is_given_up_and_not_waited_for_again(silent: Silent) -> None:
    store = TokenStore(backend=silent, limit=0.1, environ={})
    placed = await store.set("prod", API, SECRET)
    assert placed.source is Source.MEMORY
    assert "did not answer" in placed.reason
    assert (await store.get("prod", EXPORT)).source is Source.NONE
    # Deleted from memory; whether the keyring still has one, nobody can say.
    assert (await store.delete("prod", API)).source is Source.KEYRING
    assert silent.asked == 1


async def test_the_event_loop_goes_on_while_a_keyring_is_silent(silent: Silent) -> None:
    search = asyncio.create_task(TokenStore(backend=silent, limit=60, environ={}).get("prod", API))
    for _turn in range(100):
        await asyncio.sleep(0)
    assert not search.done()
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search


def test_a_process_exits_although_its_keyring_never_answers() -> None:
    script = (
        "import asyncio, threading\n"
        "from dfn_tui.credentials import TokenKind, TokenStore\n"
        "store = TokenStore(backend=threading.Event().wait, limit=0.1, environ={})\n"
        "print(asyncio.run(store.get('prod', TokenKind.API)).reason)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "did not answer" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize(
    "text", ["", " \r\n\t", "a b", "a\nb", "a\x00b", "토큰", "a\u200b", "\ud800", "x" * 4097]
)
async def test_a_text_that_is_no_token_is_refused_unrepeated(text: str) -> None:
    entries = Entries()
    store = TokenStore(backend=entries, environ={})
    with pytest.raises(BadToken) as raised:
        await store.set("prod", API, SecretStr(text))
    with pytest.raises(BadToken):
        store.hold("prod", API, SecretStr(text))
    assert not text.strip() or text not in str(raised.value)
    assert entries.kept == {}
    assert (await store.get("prod", API)).token is None


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.text(" \r\n\t"))
def test_space_around_a_token_is_dropped(token: str, space: str) -> None:
    assert clean_token(space + token + space) == SecretStr(token)


async def test_no_token_is_in_what_is_printed() -> None:
    store = TokenStore(backend=Entries(), environ={})
    placed = await store.set("prod", API, SECRET)
    store.hold("prod", EXPORT, SECRET)
    shown = f"{placed!r} {await store.get('prod', API)!r} {await store.get('prod', EXPORT)!r} {vars(store)!r}"
    assert SECRET.get_secret_value() not in shown
