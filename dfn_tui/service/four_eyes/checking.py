"""Who approved a plan, as far as signatures show it."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from dfn_tui.service.four_eyes.principals import People
from dfn_tui.service.four_eyes.ssh import SignatureRefused, agent_keys, sign, verify
from dfn_tui.service.four_eyes.statement import Signed, SignedAs, Statement
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import spoken_time

AHEAD = timedelta(minutes=5)
"""So far the clocks of two hosts may be apart."""
APPLIED = timedelta(minutes=10)
"""So long the signature of who applies a plan holds: it is made for one start."""


class Void(Exception):
    """That signature does not count here: why, in a sentence."""


class NotApproved(SignatureRefused):
    """Nobody else has approved that plan. `found` says what is wrong with what was found."""

    def __init__(self, found: str, hint: str) -> None:
        super().__init__(
            _("A second person has not approved this plan"),
            _("{found} Nothing is sent.").format(found=found),
            hint,
        )
        self.found = found


def find_approval(
    files: Iterable[tuple[str, str | None]],
    wanted: Statement,
    people: People,
    longest: timedelta,
    hint: str,
) -> Signed:
    """The first of these signatures by which somebody else than the person `wanted` names approved that plan,
    not longer ago. `files` are names, with what they hold. Raises `NotApproved`, with what is wrong with
    each, and with the `hint` what to do."""
    reasons = []
    for name, text in files:
        try:
            signed = read_signed(text)
            check(signed, wanted, people, longest)
        except Void as void:
            reasons.append(f"{name}: {void}")
        else:
            return signed
    raise NotApproved(" ".join(reasons) or _("Nobody has signed it."), hint)


def read_signed(text: str | None) -> Signed:
    """The signature that a file holds. Raises `Void`."""
    if text is None:
        raise Void(_("it cannot be read; whoever made it can give you the right to."))
    try:
        return Signed.read(text)
    except ValueError:
        raise Void(_("it is no signature of a plan.")) from None


def check(signed: Signed, wanted: Statement, people: People, longest: timedelta) -> None:
    """Raises `Void` unless the statement is as the one that is `wanted` now, by nobody but the person whom it
    names, and not older. Who applies has to be the person that `wanted` names, who approves another one."""
    said, now = signed.statement, wanted.at
    if said.role is not wanted.role:
        raise Void(_("it was made as another word: who approves, and who applies, sign for that alone."))
    if (said.principal == wanted.principal) is not (wanted.role is SignedAs.APPLY):
        raise Void(_("it is by {name}.").format(name=sanitize(said.principal, 60)))
    if not said.same_place(wanted):
        words = _("it is for {connection} at another address.")
        raise Void(words.format(connection=sanitize(said.connection, 40)))
    if not said.same_plan(wanted):
        words = _("it is for another plan, or for this one before it was changed ({digest}).")
        raise Void(words.format(digest=sanitize(said.plan, 12)))
    if said.at - now > AHEAD:
        raise Void(_("it is from the future, by this host's clock."))
    if now - said.at > longest:
        raise Void(_("it is too old, of {time} in Korea.").format(time=spoken_time(said.at)))
    _check_signature(signed, people)


def _check_signature(signed: Signed, people: People) -> None:
    """By asking ssh-keygen of everybody: it reads patterns, certificates and terms of keys as ssh does."""
    said = signed.statement
    name = sanitize(said.principal, 60)
    if said.principal not in people.principals:
        raise Void(_("{name} is no principal of this host.").format(name=name))
    if not verify(said.text, signed.signature, said.principal, people.signers):
        raise Void(_("no key that {name} may sign with now made it.").format(name=name))
    others = [one for one in people.principals if one != said.principal]
    shared = [one for one in others if verify(said.text, signed.signature, one, people.signers)]
    if shared:
        words = _("its key is {name}'s and {other}'s, and does not tell them apart.")
        raise Void(words.format(name=name, other=shared[0]))


def signed_by(statement: Statement, people: People, key: Path | None, *, terminal: bool) -> Signed:
    """The statement, signed by the person it names: by the key in that file, or by one that the agent holds.
    Raises `SignatureRefused`, also where it is not a key that only that person may sign with."""
    keys = [key] if key else [one for one in agent_keys() if _is_listed(one, people)]
    if not keys:
        words = _("No key of the agent is in {file}. Nothing was signed.")
        raise SignatureRefused(
            _("There is no key to sign with"),
            words.format(file=sanitize(str(people.signers))),
            _("Have it at hand: ssh-add KEY. A command also takes its file: --key KEY"),
        )
    why = ""
    for one in keys:
        try:
            signed = read_signed(_text_of(statement, sign(statement.text, one, terminal=terminal)))
            _check_signature(signed, people)
        except Void as void:
            why = str(void)
        else:
            return signed
    raise SignatureRefused(
        _("The signature would not count"),
        _("Of the one just made: {why} It is not kept.").format(why=why),
        _("Sign with a key that {file} gives to you alone.").format(file=sanitize(str(people.signers))),
    )


def _text_of(statement: Statement, signature: bytes) -> str | None:
    try:
        return Signed(statement, signature).text
    except UnicodeDecodeError:
        return None


def _is_listed(public: bytes, people: People) -> bool:
    """Whether that public key stands in the file at all: others need not be touched."""
    words = public.split()
    try:
        return len(words) > 1 and words[1] in people.signers.read_bytes().split()
    except OSError:
        return False
