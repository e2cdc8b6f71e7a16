"""The parser of each command: words may stand between options, and a slip is met with what was meant."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from dfn_tui.text import _, mask_said, ngettext, sanitize, wrapped

# What it says by itself: it looks both up when it needs them.
vars(argparse).update(_=_, ngettext=ngettext)

EXAMPLES = {
    "dfn-tui": "dfn-tui -c prod --user user-1042 -i INC-7",
    "dfn-tui demo": "dfn-tui demo",
    "dfn-tui get": "dfn-tui get user-1042 --json",
    "dfn-tui set": "dfn-tui set user-1042 mkt_sms_flag=Unsubscribed --reason INC-7",
    "dfn-tui ci": "dfn-tui ci get user-1042",
    "dfn-tui ci get": "dfn-tui ci get user-1042 phone_number --reveal",
    "dfn-tui ci set": "dfn-tui ci set user-1042 phone_number=+821012345678 --reason INC-7",
    "dfn-tui ci delete": "dfn-tui ci delete user-1042 kakao_id --reason INC-7",
    "dfn-tui undo": "dfn-tui undo 1042 --reason INC-7",
    "dfn-tui history": "dfn-tui history user-1042 --since 2026-11-01",
    "dfn-tui kept": "dfn-tui kept -c prod",
    "dfn-tui receipt": "dfn-tui receipt user-1042",
    "dfn-tui duties": "dfn-tui duties --due 7d",
    "dfn-tui sending": "dfn-tui sending user-1042 user-1043",
    "dfn-tui watch": "dfn-tui watch user-1042 user-1043 --every 30",
    "dfn-tui bulk": "dfn-tui bulk plan stop.csv mkt_sms_flag=Unsubscribed -o stop.plan",
    "dfn-tui bulk plan": "dfn-tui bulk plan stop.csv mkt_sms_flag=Unsubscribed -o stop.plan",
    "dfn-tui bulk inspect": "dfn-tui bulk inspect stop.csv --map 회원번호=user_id --ignore-others",
    "dfn-tui bulk show": "dfn-tui bulk show stop.plan --users --withdrawals",
    "dfn-tui bulk approve": "dfn-tui bulk approve stop.plan --key ~/.ssh/id_ed25519",
    "dfn-tui bulk apply": "dfn-tui bulk apply stop.plan --reason INC-7",
    "dfn-tui bulk list": "dfn-tui bulk list -c prod",
    "dfn-tui bulk clean": "dfn-tui bulk clean --older-than 90",
    "dfn-tui bulk status": "dfn-tui bulk status 20261126-0912",
    "dfn-tui bulk resume": "dfn-tui bulk resume 20261126-0912",
    "dfn-tui bulk verify": "dfn-tui bulk verify stop.plan",
    "dfn-tui bulk undo": "dfn-tui bulk undo 20261126-0912 -o back.plan",
    "dfn-tui snapshot": "dfn-tui snapshot take -c prod-v2",
    "dfn-tui snapshot take": "dfn-tui snapshot take -c prod-v2 --property df_name",
    "dfn-tui snapshot status": "dfn-tui snapshot status -c prod-v2",
    "dfn-tui snapshot show": "dfn-tui snapshot show -c prod-v2 user-1042 --format json",
    "dfn-tui snapshot drop": "dfn-tui snapshot drop -c prod-v2",
    "dfn-tui optout": "dfn-tui optout sms 080-list.csv --reason 080",
    "dfn-tui preflight": "dfn-tui preflight list.csv --channel sms --at 21:10 --may may.csv",
    "dfn-tui sandbox": "dfn-tui sandbox --port 8080 --users 1000 --error-rate 0.1",
    "dfn-tui journal": "dfn-tui journal list --user user-1042",
    "dfn-tui journal list": "dfn-tui journal list --outcome unknown --since 2026-11-01",
    "dfn-tui journal show": "dfn-tui journal show 1042",
    "dfn-tui journal verify": "dfn-tui journal verify",
    "dfn-tui journal head": "dfn-tui journal head",
    "dfn-tui journal archive": "dfn-tui journal archive send",
    "dfn-tui journal archive init": "dfn-tui journal archive init --print",
    "dfn-tui journal archive password": "dfn-tui journal archive password writer",
    "dfn-tui journal archive send": "dfn-tui journal archive send",
    "dfn-tui journal export": "dfn-tui journal export --format csv --since 2026-11-01 -o november.csv",
    "dfn-tui auth": "dfn-tui auth status",
    "dfn-tui auth set": "dfn-tui auth set -c prod",
    "dfn-tui auth status": "dfn-tui auth status --json",
    "dfn-tui auth accept": "dfn-tui auth accept -c prod",
    "dfn-tui auth delete": "dfn-tui auth delete -c prod",
    "dfn-tui connections": "dfn-tui connections test prod",
    "dfn-tui connections list": "dfn-tui connections list --format json",
    "dfn-tui connections test": "dfn-tui connections test prod",
    "dfn-tui doctor": "dfn-tui doctor -c prod",
    "dfn-tui completion": "dfn-tui completion bash > ~/.local/share/bash-completion/completions/dfn-tui",
    "dfn-tui help": "dfn-tui help tokens",
}


LONGEST_INCIDENT = 64
"""Characters."""


def incident(text: str) -> str:
    """A ticket's id, for an option: one word, as a filter asks for it; a number
    by itself may be somebody's, and is masked. Raises ArgumentTypeError."""
    if text.split() != [text] or len(text) > LONGEST_INCIDENT or sanitize(text) != text:
        raise argparse.ArgumentTypeError(
            _("a ticket's id, one word of {most} characters at most").format(most=LONGEST_INCIDENT)
        )
    return mask_said(text)


class _CellFormatter(argparse.HelpFormatter):
    """Lines as wide as the terminal has cells for them: a Korean letter takes two."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))


class CommandParser(argparse.ArgumentParser):
    """A command, or one of its actions. `leaf` of what it parsed is the parser that had the last word."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{"formatter_class": _CellFormatter, **named})
        self.set_defaults(leaf=self)
        self._intermixing = False

    def format_help(self) -> str:
        """With an example at the end."""
        return super().format_help() + "\n" + _("example:") + f"\n  {EXAMPLES[self.prog]}\n"

    def parse_known_args(  # type: ignore[override]  # typeshed's overloads say no more than this
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Options may stand anywhere among the words of a command."""
        positionals = self._get_positional_actions()
        plain = self._intermixing or not positionals or self._subparsers is not None
        if plain or any(map(_holds, self._mutually_exclusive_groups)):
            return super().parse_known_args(args, namespace)
        self._intermixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._intermixing = False

    def has(self, option: str) -> bool:
        """Whether this parser takes that option."""
        return option in self._option_string_actions

    def refuse(self, stray: Sequence[str]) -> NoReturn:
        """Ends the program over words that are no arguments here. Raises SystemExit."""
        if self.get_default("secret"):  # it may be a token, which is said nowhere
            self.error(_("unrecognized arguments. A token is asked for, or piped in, and never stands here"))
        meant = _meant(stray[0].partition("=")[0], self._option_string_actions)
        words = sanitize(" ".join(stray))
        self.error(_("unrecognized arguments: {words}").format(words=words) + meant)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += _meant(str(value), map(str, action.choices or ()))
            raise


def _holds(group: argparse._MutuallyExclusiveGroup) -> bool:
    return any(not action.option_strings for action in group._group_actions)


def _meant(word: str, known: Iterable[str]) -> str:
    """What is said of a word that is close to known ones; "" where it is close to none."""
    from difflib import get_close_matches  # noqa: PLC0415  only a slip needs it

    close = get_close_matches(word, list(known), 1)
    return " " + _("(did you mean {word}?)").format(word=close[0]) if close else ""
