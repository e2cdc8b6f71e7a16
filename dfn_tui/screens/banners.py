"""What is told wherever the operator is, and stays until it is read: one line over the keys at the bottom."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rich.text import Text
from textual.screen import Screen

from dfn_tui.screens.lock import LockingApp, LockScreen
from dfn_tui.text import _
from dfn_tui.widgets.plain_text import PlainText

READABLE = 3.0
"""Seconds that a line stays at the least: a key that was on its way must not take away what nobody read."""


class Banner(PlainText):
    """One line over the keys at the bottom: nothing moves for it, and it covers no input."""


class Announcement(NamedTuple):
    """`about` is the job, or what else it is of: news of the same takes its place. `opens` is the key that
    calls `open`. Where `is_shown_by` holds of a screen, that says it better."""

    about: object
    words: Text
    opens: str
    open: Callable[[], object]
    is_shown_by: Callable[[Screen[Any]], bool] = lambda _screen: False
    read: Callable[[], object] = lambda: None
    """Called once it was read."""


class Banners:
    """Each notice is told once, and its line stays until a key. Over the lock no line is shown: it waits.
    What rings tells the terminal as well."""

    def __init__(self, app: LockingApp, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._monotonic = monotonic
        self._untold: list[Announcement] = []
        self._banner: Banner | None = None
        self._since = 0.0
        app.screen_change_signal.subscribe(app, self._move)

    def tell(self, notice: Announcement, announced: str = "") -> None:
        """Shows it after those before it. `announced` is what the bell and the terminal's notification tell,
        without any id; empty: nothing rings."""
        if announced:
            self._app.bell()
            if announce := getattr(self._app._driver, "announce", None):  # only our own driver has it
                announce(f"dfn-tui: {announced}")
        at = next((at for at, one in enumerate(self._untold) if one.about == notice.about), None)
        if at is None:
            self._untold.append(notice)
        else:
            self._untold[at] = notice
            if at == 0:
                self._take_away()
        self._show(self._app.screen)

    def take_key(self, key: str) -> bool:
        """Whether the key was for the line alone; any other takes it away, too, once it could be read."""
        if self._banner is None:
            return False
        notice = self._untold[0]
        if key != notice.opens and self._monotonic() - self._since < READABLE:
            return False
        self._take_away()
        self._untold.pop(0)
        notice.read()
        if key == notice.opens:
            notice.open()
        else:
            self._show(self._app.screen)
        return key == notice.opens

    def _move(self, screen: Screen[object]) -> None:
        self._take_away()
        self._show(screen)

    def _show(self, screen: Screen[object]) -> None:
        self._untold = [notice for notice in self._untold if not notice.is_shown_by(screen)]
        if not self._untold or self._banner is not None or isinstance(screen, LockScreen):
            return
        notice = self._untold[0]
        self._since = self._monotonic()
        hint = Text.assemble((f"  {notice.opens.upper()} ", "bold"), (_("shows it"), "label"))
        self._banner = Banner(Text.assemble(" ", notice.words, hint, no_wrap=True))
        screen.mount(self._banner)

    def _take_away(self) -> None:
        banner, self._banner = self._banner, None
        if banner is not None and banner.is_attached:
            banner.remove()
