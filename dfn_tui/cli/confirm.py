"""The review of what a command would write: shown, and answered on the terminal or by options."""

import argparse

from dfn_tui.cli.ids import checked_text
from dfn_tui.cli.output import say
from dfn_tui.cli.stdin import ask, can_ask
from dfn_tui.consent.duties import Ground
from dfn_tui.errors import ConsoleError, GateRefused
from dfn_tui.service.change_format import change_words
from dfn_tui.service.changes.grounds import Said
from dfn_tui.service.changes.policy import NIGHT_RULE, Approval, Requirements
from dfn_tui.service.changes.scope import Notice
from dfn_tui.service.review import CREATES, Review, said_words
from dfn_tui.service.session import Session
from dfn_tui.text import _, mask_said, ngettext, sanitize

_MOST_SHOWN = 100  # users: nobody reads more before answering, and --dry-run lists them all


def show_review(session: Session, reviewed: Review, *, revealed: bool) -> None:
    """Says what would be written, per user, and what is to be known about it."""
    connection = session.connection
    say(
        _("Over {name} ({environment}), users by {kind}:").format(
            name=sanitize(connection.name),
            environment=connection.environment.value,
            kind=reviewed.changes[0].identity.kind.value,  # one for all whom a command names
        )
    )
    for change in reviewed.changes[:_MOST_SHOWN]:
        say(sanitize(change.identity.value, 60))
        for item in change.fields:
            say(f"  {change_words(item, revealed)}")
    more = len(reviewed.changes) - _MOST_SHOWN
    if more > 0:
        say(ngettext("… and {count} more user.", "… and {count} more users.", more).format(count=f"{more:,}"))
    if words := said_words(reviewed):
        say(words)
    for notice in reviewed.asked.warnings:
        if not notice.must_acknowledge or notice.id.startswith(CREATES):
            say(f"! {notice.text}")


def approve(args: argparse.Namespace, session: Session, reviewed: Review) -> Approval:
    """The operator's answers to what was shown. Raises `GateRefused` where one is missing or is a no."""
    users = reviewed.scope.users
    approval = all_answered(args, reviewed.asked, users)
    session.admit(reviewed.scope, approval)  # first what no answer would mend
    confirm(args, reviewed.asked, users, look=_("Look at them with --dry-run first."))
    return approval


def all_answered(args: argparse.Namespace, asked: Requirements, users: int) -> Approval:
    """The answers of the options, with every warning read and the number of users typed."""
    return Approval(
        _kept(args.reason or args.incident or ""),
        _kept(args.evidence),
        frozenset(warning.id for warning in asked.to_acknowledge),
        typed_count=users,
        max_grants=args.max_grants,
        said=said_of(args),
    )


def said_of(args: argparse.Namespace) -> Said:
    """The ground of consents, and the day, as the options give them. Raises `ConsoleError`."""
    ground = None if args.ground is None else Ground(args.ground)
    if ground is Ground.CORRECTION and args.expressed_on:
        raise ConsoleError(
            _("A correction, or a person's word?"),
            _("Nobody said anything where a write of ours was wrong. Nothing was sent."),
            _("Leave out --expressed-on, or --ground correction."),
        )
    return Said(ground, checked_text(args.expressed_on))


def _kept(text: str) -> str:
    """The text as it is kept: what is personal in it is masked, and said so."""
    kept = mask_said(checked_text(text))
    if kept != text:
        say(_("Kept as: {text}").format(text=sanitize(kept, 200)))
    return kept


def confirm(args: argparse.Namespace, asked: Requirements, users: int, *, look: str) -> None:
    """Has every warning read, and asks whether to send to so many users, unless the options say so. Raises
    `GateRefused`. `look` says how they are looked at first."""
    for warning in asked.to_acknowledge:
        # What would be created was asked for by --create, or it would not be staged.
        if warning.id not in args.acknowledge and not warning.id.startswith(CREATES):
            _have_read(warning)
    if args.confirm is not None:
        if args.confirm != users:
            raise GateRefused(
                _("Another number of users"),
                ngettext(
                    "{count} user would be written to, and --confirm says {said}. Nothing was sent.",
                    "{count} users would be written to, and --confirm says {said}. Nothing was sent.",
                    users,
                ).format(count=users, said=args.confirm),
                look,
            )
        return
    if args.yes and asked.yes_is_enough:
        return
    if not can_ask():
        step = _("In production give --confirm {count}. {look}")
        raise GateRefused(
            _("Not confirmed"),
            _("There is no terminal to ask on. Nothing was sent."),
            (_("Give --yes, or --confirm {count}.") if asked.yes_is_enough else step).format(
                count=users, look=look
            ),
        )
    _ask_for(asked.question, asked.answer)


def _have_read(warning: Notice) -> None:
    """Shows a warning, and has it said that it was read. Raises `GateRefused` where it is not."""
    say(f"! {warning.text}")
    if not can_ask():
        raise GateRefused(
            _("A warning is not acknowledged"),
            _("There is no terminal to ask on. Nothing was sent."),
            _("Read it, then give: --acknowledge {id}").format(id=warning.id),
        )
    word = "night" if warning.id == NIGHT_RULE else warning.id
    _ask_for(_("When you have read this, type {word}: ").format(word=word), word)


def _ask_for(question: str, answer: str) -> None:
    typed = ask(question)
    if answer.isdecimal():
        typed = typed.replace(",", "")  # as numbers are shown
    if typed != answer and (typed, answer) != ("yes", _("yes")):  # either is meant
        raise GateRefused(
            _("Not confirmed"),
            _("Something else was typed. Nothing was sent."),
            _("Start again, and type exactly what is asked for."),
        )
