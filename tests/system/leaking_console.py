"""`dfn-tui` with a keyring that keeps a key for the journal, or with a defect that is full of secrets.

python leaking_console.py {key | handler | worker} [ARGUMENT ...]
"""

import sys
from typing import NoReturn

from dfn_tui.api.types import Identity
from dfn_tui.cli import main
from dfn_tui.credentials import TokenStore
from dfn_tui.errors import ConsoleError
from dfn_tui.screens.user.screen import UserScreen
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from tests.starting import KEY

_open_user = Session.open_user


async def _journal_key(_store: TokenStore, *, make: bool) -> bytes | None:
    return KEY


def _fail(session: Session, record: UserRecord | None) -> NoReturn:
    """Fails with the values in its variables, in its own words and in those of what it comes from."""
    assert record is not None and record.ci is not None
    phone = str(record.ci["phone_number"])
    try:
        raise KeyError(f"{session!r} {vars(session)} {record} {phone}")
    except KeyError as error:
        error.add_note(phone)
        inner = ExceptionGroup(phone, [ValueError(record.properties), ConsoleError(phone, phone, phone)])
        failure = RuntimeError(f"{session} {record}")
        raise failure from inner


def _fail_in_handler(screen: UserScreen) -> None:
    _fail(screen.session, screen.panel.record)


async def _fail_in_worker(session: Session, identity: Identity, *_progress: object) -> UserRecord:
    _fail(session, await _open_user(session, identity))


if __name__ == "__main__":
    match sys.argv[1]:
        case "key":
            TokenStore.find_journal_key = _journal_key  # type: ignore[method-assign, assignment]
        case "handler":
            UserScreen.action_reveal = _fail_in_handler  # type: ignore[method-assign, assignment]
        case "worker":
            Session.read_ci = _fail_in_worker  # type: ignore[method-assign, assignment]
    sys.exit(main(sys.argv[2:]))
