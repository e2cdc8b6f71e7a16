"""The review of what a command would write: shown, and answered on the terminal or by options."""

import argparse
from dataclasses import replace

from dfn_tui.cli.asking import ask, can_ask
from dfn_tui.cli.ids import checked_text
from dfn_tui.cli.output import say
from dfn_tui.consent.demands import CautionId
from dfn_tui.errors import GateRefused
from dfn_tui.service import Approval, Desk, FieldKind, Review
from dfn_tui.service.change_words import change_words
from dfn_tui.service.review import CREATES
from dfn_tui.text import _, inert, ngettext

_MOST_SHOWN = 100  # users: nobody reads more before answering, and --dry-run lists them all


def show_review(desk: Desk, reviewed: Review, *, revealed: bool) -> None:
    """Says what would be written, per user, and what is to be known about it."""
    place = desk.connection
    say(_("Over {name} ({environment}):").format(name=inert(place.name), environment=place.environment.value))
    for change in reviewed.changes[:_MOST_SHOWN]:
        say(inert(change.identity.value, 60))
        for item in change.fields:
            say(f"  {change_words(item, revealed)}")
    more = len(reviewed.changes) - _MOST_SHOWN
    if more > 0:
        say(ngettext("… and {count} more user.", "… and {count} more users.", more).format(count=f"{more:,}"))
    for notice in reviewed.notices:
        if not notice.must_acknowledge or notice.id.startswith(CREATES):
            say(f"! {notice.text}")


def approve(args: argparse.Namespace, desk: Desk, reviewed: Review) -> Approval:
    """The operator's answers to what was shown. Raises `GateRefused` where one is missing or is a no."""
    every = all_answered(args, reviewed)
    desk.admit(reviewed, every)  # first what no answer would mend
    approval = replace(every, acknowledged=frozenset(_acknowledged(args, reviewed)))
    question, answer = _question(desk, reviewed)
    look = _("Look at them with --dry-run first.")
    confirm(args, len(reviewed.changes), production=desk.production, asked=(question, answer), look=look)
    return approval


def all_answered(args: argparse.Namespace, reviewed: Review) -> Approval:
    """The answers of the options, with every warning read."""
    return Approval(
        checked_text(args.reason),
        checked_text(args.evidence),
        frozenset(notice.id for notice in reviewed.notices if notice.must_acknowledge),
        max_grants=args.max_grants,
    )


def _acknowledged(args: argparse.Namespace, reviewed: Review) -> list[str]:
    read = []
    for notice in reviewed.notices:
        given = notice.id in args.acknowledge or notice.id.startswith(CREATES)  # else it would not be staged
        if notice.must_acknowledge and not given:
            have_read(notice.id, notice.text)
        if notice.must_acknowledge:
            read.append(notice.id)
    return read


def have_read(id: str, text: str) -> None:
    """Shows a warning, and has it said that it was read. Raises `GateRefused` where it is not."""
    say(f"! {text}")
    if not can_ask():
        raise GateRefused(
            _("A warning is not acknowledged"),
            _("There is no terminal to ask on. Nothing was sent."),
            _("Read it, then give: --acknowledge {id}").format(id=id),
        )
    word = "night" if id == CautionId.NIGHT_RULE else id
    _demand(_("When you have read this, type {word}: ").format(word=word), word)


def confirm(
    args: argparse.Namespace, count: int, *, production: bool, asked: tuple[str, str], look: str
) -> None:
    """Asks whether to send to `count` users, unless the options say so. Raises `GateRefused`.

    `asked` is the question and the answer to it; `look` says how they are looked at first.
    """
    if args.confirm is not None:
        if args.confirm != count:
            raise GateRefused(
                _("Another number of users"),
                ngettext(
                    "{count} user would be written to, and --confirm says {said}. Nothing was sent.",
                    "{count} users would be written to, and --confirm says {said}. Nothing was sent.",
                    count,
                ).format(count=count, said=args.confirm),
                look,
            )
        return
    if args.yes and not production:
        return
    if not can_ask():
        step = _("In production give --confirm {count}. {look}")
        raise GateRefused(
            _("Not confirmed"),
            _("There is no terminal to ask on. Nothing was sent."),
            (step if production else _("Give --yes, or --confirm {count}.")).format(count=count, look=look),
        )
    _demand(*asked)


def _question(desk: Desk, reviewed: Review) -> tuple[str, str]:
    count = len(reviewed.changes)
    deletes = any(
        item.kind is FieldKind.CI and item.after is None
        for change in reviewed.changes
        for item in change.fields
    )
    if deletes and count == 1:
        return _("This cannot be undone. Type the user's id to delete: "), reviewed.changes[0].identity.value
    if deletes:
        return _("This cannot be undone. Type the number of users to delete from: "), str(count)
    if desk.production:
        return _("This is production. Type the number of users to send: "), str(count)
    return _("Type yes to send: "), _("yes")


def _demand(question: str, answer: str) -> None:
    typed = ask(question)
    if answer.isdecimal():
        typed = typed.replace(",", "")  # as numbers are shown
    if typed != answer:
        raise GateRefused(
            _("Not confirmed"),
            _("Something else was typed. Nothing was sent."),
            _("Start again, and type exactly what is asked for."),
        )
