"""The ids of a new sandbox's people. Light, because the first screen names some of them."""

from dfn_tui.text import _


def user_id(number: int) -> str:
    return f"user-{number:04d}"


def notable_ids() -> list[tuple[str, str]]:
    """Ids worth looking up in a new sandbox, each with one sentence that says why."""
    return [
        (user_id(1), _("Every consent given.")),
        (user_id(2), _("Agreed to push advertising at night, but not by day.")),
        (user_id(3), _("SMS and Kakao advertising are on, though all advertising is off.")),
        (user_id(4), _("Never asked: no consent was ever set.")),
        (user_id(5), _("A hostile name that tries to be markup.")),
        (user_id(7), _("Everything withdrawn.")),
        ("odd-empty", _("Exists, but nothing is set.")),
        ("odd-flag", _("A consent that is neither given nor withdrawn.")),
        ("odd-list", _("Properties that are a list and an object.")),
        ("odd-ci", _("Identifiers that are numbers.")),
        ("odd-unread", _("Never readable: the server says two things about this user.")),
        ("odd-lie", _("The server says that this user was written, and writes nothing.")),
        ("odd-denial", _("The server says that a write failed, and has done it.")),
        ("nobody-here", _("An id the server does not know.")),
    ]
