"""What the words in columns of consents, of channels and of kinds mean, and which nobody has explained."""

from collections.abc import Sequence

from dfn_tui.api.types import Capabilities
from dfn_tui.consent.flags import OPTINS, State
from dfn_tui.service.bulk.input import heads
from dfn_tui.service.bulk.input.mapping import OPEN_PLACE, MappedColumn, Mapping, Role, has_words, refuse
from dfn_tui.service.bulk.input.suggesting import meaning_suggested
from dfn_tui.service.changes.fields import plain_name, resolve
from dfn_tui.store import FieldKind
from dfn_tui.text import _, sanitize
from dfn_tui.text.ids import DASHES, NULL_WORDS, bare_id

_WORDS = 12  # different words of consent columns that are asked about
_STATES = {state.value.casefold(): state for state in (State.SUBSCRIBED, State.UNSUBSCRIBED)}


class Meanings:
    """The meanings of words by what was said of them (`--values`). Raises InputRefused where that makes no
    sense."""

    def __init__(self, capabilities: Capabilities, values: Sequence[tuple[str, str]]) -> None:
        self._has = capabilities
        self.kinds = {kind.value: kind for kind in capabilities.write_by}
        self.words: dict[str, State | None] = {}
        self.channels = {flag.value: flag.value for flag in capabilities.flags}
        self.channels |= {name: flag.value for flag, name in OPTINS.items() if flag in capabilities.flags}
        self._read(values)

    def _read(self, values: Sequence[tuple[str, str]]) -> None:
        words, channels = self.words, self.channels
        for word, target in values:
            plain, meant = plain_name(word), plain_name(target)
            known = plain in _STATES or plain in self.kinds or plain in words or plain in channels
            if not plain or known:
                refuse(
                    _("--values: {word} has its meaning already.").format(word=sanitize(word, 40)),
                    _("Say of each other word once what it means."),
                )
            if meant in _STATES or not meant:
                words[plain] = _STATES.get(meant)
                continue
            if meant in self.kinds and len(self._has.write_by) > 1:
                self.kinds[plain] = self.kinds[meant]
                continue
            column = resolve(target, self._has)
            if column.kind is not FieldKind.CONSENT:
                refuse(
                    _("--values: {target} is no meaning of a word.").format(target=sanitize(target, 40)),
                    _("A word means Subscribed, Unsubscribed, nothing (Z=), or, of a channel, a consent."),
                )
            channels[plain] = column.name

    def mapping(
        self, columns: tuple[MappedColumn, ...], rows: Sequence[Sequence[str]], *, users_only: bool
    ) -> Mapping:
        """These columns with what is known of the words in their first `rows`."""
        words, channels = tuple(self.words.items()), tuple(self.channels.items())
        unread = self._unread(columns, rows)
        return Mapping(columns, words, channels, tuple(self.kinds.items()), unread, users_only)

    def _unread(
        self, columns: Sequence[MappedColumn], rows: Sequence[Sequence[str]]
    ) -> tuple[tuple[str, str], ...]:
        """The words in columns that somebody mapped, or that may be a consent's, of which nobody said what
        they mean; each with a suggestion."""
        found: dict[str, str] = {}
        for column in columns:
            channel = Role.CHANNEL in (column.role, column.suggestion)
            of_kinds = Role.KIND in (column.role, column.suggestion)
            if not (channel or of_kinds or has_words(column)):
                continue
            meanings = self.kinds if of_kinds else self.channels if channel else self.words
            for row in rows:
                word = bare_id(row[column.place])
                plain = plain_name(word)
                known = plain in meanings or (meanings is self.words and plain in _STATES)
                if not word or known or word in NULL_WORDS or word in DASHES or word in found:
                    continue
                if of_kinds:
                    found[word] = heads.identity_suggested(word, self._has) or OPEN_PLACE
                else:
                    found[word] = meaning_suggested(word, columns, self._has, channel=channel)
        return tuple(found.items())[:_WORDS]

    def require_one_sense(self, mapping: Mapping) -> None:
        """The same word cannot mean the same at "agrees" and at "refuses". Raises InputRefused."""
        consents = [column for column in mapping.columns if column.said and has_words(column)]
        if self.words and len({heads.refuses(column.head) for column in consents}) > 1:
            refuse(
                _("Some of the columns say who agrees and some who refuses, and --values holds for all."),
                _("Make a plan for each, and leave the other out: --ignore '…'"),
            )
