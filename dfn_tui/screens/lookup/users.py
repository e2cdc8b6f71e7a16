"""The users of a look-up as rows: name, consents as glyphs, what may be sent now, what is wrong."""

from rich.text import Text

from dfn_tui.consent.flags import Flag, Purpose
from dfn_tui.consent.lints import lint
from dfn_tui.consent.messages import channel_name, state_glyph
from dfn_tui.consent.sending import Delivery, may_advertise
from dfn_tui.service.change_format import nothing_set_count
from dfn_tui.service.records import UserRecord
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _, sanitize
from dfn_tui.widgets.table import REST, Column, Table

_NAMES = ("user_name", "df_name")
_MARKS = {Delivery.YES: "", Delivery.MAY: "?", Delivery.NO: ""}


class UsersTable(Table[UserRecord]):
    """Holds what was read of each user, and knows whose row is out of date."""

    def __init__(self, session: Session) -> None:
        super().__init__(self._columns, lambda record: record.identity.value, spare=2, id="users")
        self._session = session
        self._writes_seen: dict[Identity, int] = {}

    def _columns(self, _width: int) -> list[Column[UserRecord]]:
        """What is left of the terminal goes to the findings."""
        return [
            Column(_("id"), 18, lambda record: Text(sanitize(record.identity.value), "bold")),
            Column(_("name"), 8, lambda record: Text(sanitize(_name(record)))),
            Column(_("i ads  night"), 12, lambda record: Text(_consents(record, self._session))),
            Column(_("ads now"), 17, lambda record: _now(record, self._session)),
            Column(_("findings"), REST, findings),
        ]

    def begin(self) -> None:
        """Empties the table."""
        self._writes_seen.clear()
        self.show(())
        self.fit(self.screen.size.width)  # not only when it is laid out: rows come at once

    def add_user(self, record: UserRecord) -> None:
        """Adds the row of a user, or shows it anew: a user may have been asked for twice."""
        if record.identity.value in self.rows:
            self.update_user(record)
        else:
            self._writes_seen[record.identity] = self._session.writes_to(record.identity)
            self.add([record])

    def update_user(self, record: UserRecord) -> None:
        """Shows a user as read again, unless another look-up has begun since and has no row for them."""
        if record.identity.value in self.rows:
            self._writes_seen[record.identity] = self._session.writes_to(record.identity)
            self.replace(record)

    def counted(self) -> str:
        """How many have nothing set, where it is a list."""
        unknown = sum(record.unknown_to_server for record in self.items)
        return nothing_set_count(unknown) if unknown and len(self.items) > 1 else ""

    def written_to(self) -> list[Identity]:
        """The users that were written to since they were read."""
        seen = self._writes_seen.items()
        return [identity for identity, writes in seen if self._session.writes_to(identity) != writes]


def _name(record: UserRecord) -> str:
    return next((str(record.properties[name]) for name in _NAMES if name in record.properties), "")


def _consents(record: UserRecord, session: Session) -> str:
    offered = [flag for flag in Flag if flag in session.capabilities.flags]
    return " ".join(
        "".join(state_glyph(record.consents.get(flag)) for flag in offered if flag.purpose is purpose)
        for purpose in Purpose
    )


def _now(record: UserRecord, session: Session) -> Text:
    """The channels an advertising message could go out by at this moment; a question mark: it may."""
    if record.profile is None:
        return Text(_("not readable"), "dim")
    verdicts = may_advertise(record.consents, session.clock(), session.capabilities.flags)
    names = [channel_name(v.channel) + _MARKS[v.answer] for v in verdicts if v.answer is not Delivery.NO]
    return Text(" ".join(names)) if names else Text(_("none"), "dim")


def findings(record: UserRecord) -> Text:
    """What is wrong with this user or with reading it; empty where nothing is."""
    if record.failure is not None:
        code = f"{record.failure.code}: " if record.failure.code else ""
        return Text.assemble((sanitize(f"! {code}{record.failure.message}", 200), "bold red"))
    if record.unknown_to_server:
        return Text.assemble((_("! unknown to the server"), "bold yellow"))
    found = lint(record.consents)
    return Text.assemble((f"! {found[0].text}" if found else "", "yellow"))
