"""Keys typed ahead. On a slow line many keys arrive together, and each is to go where it was meant to go.

Textual hands each key to what has the focus when the key arrives, but does what the key asks for later: a
letter after Tab would go into the field that Tab leaves, and a key meant for a dialog to the screen below it.
Here a key waits until everything that the key before it set off is done: messages, the screen that it
opened, and what that reads.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import Input

from dfn_tui.keyboard.hangul import latin_keys
from dfn_tui.keyboard.lines import list_within
from dfn_tui.screens.base import WorkersEnd
from dfn_tui.text import _
from dfn_tui.widgets.ids_field import IdsField
from dfn_tui.widgets.key_bar import KeyBar

AWAITED = frozenset(
    {
        *("look-up", "user", "more", "read", "page", "look", "bulk", "open", "ask"),
        *("plan", "making", "apply", "start", "undo", "results", "quit"),
    }
)
"""Groups of workers after which a screen shows what the next key is meant for. Keys wait for no others."""
_NEVER_HELD = frozenset({"ctrl+c", "ctrl+l"})
"""Keys that do not wait for what is being read, nor for the keys that do. They leave nothing."""
_LEAVE = frozenset({"ctrl+q", "ctrl+z"})
"""Keys that leave the console: after what was typed before them. Pressed again they do not wait for that."""
_AWAY = _LEAVE | {"escape", "ctrl+c"}
"""Keys that leave a question, or more, and say yes to nothing."""
_LOOK = 0.01
"""Seconds between two looks at what keys wait for."""
_SAY_AFTER = 0.4
"""Seconds that keys have waited when it is said that they do."""
_SHOWN_AFTER = 2.0
"""Seconds after which a screen counts as shown whose terminal never says so, and after which one that does
is asked again: an answer may be lost."""
_ANSWERED_AFTER = 30.0
"""Seconds after which a question counts as shown whose terminal has answered before: its line is slow."""
_PAUSE = 0.5
"""Seconds between two keys after which the second one is of another mind."""
_AGAIN = 0.2
"""Seconds after which a key that leaves counts as pressed again: less is its repetition, or one packet."""
_ROUNDS = 200
"""Times that is looked whether nothing is left to be done, at most: something may go on for ever."""

Typed = events.Key | events.Paste


class _Waiting(NamedTuple):
    event: Typed
    packet: int
    """Which packet of the terminal it arrived in."""


class TypedAhead:
    """The keys that were typed and not handed on yet. `hand_on` gives one to what has the focus."""

    def __init__(
        self,
        app: App[Any],
        hand_on: Callable[[Typed], Awaitable[None]],
        ask_whether_shown: Callable[[WorkersEnd[Any]], bool | None],
    ) -> None:
        """`ask_whether_shown` asks the terminal, and gives whether it has ever answered."""
        self._app = app
        self._hand_on = hand_on
        self._ask_whether_shown = ask_whether_shown
        self._waiting: deque[_Waiting] = deque()
        self._packets = 0
        self._settled = True
        self._under_way: asyncio.Task[None] | None = None
        self._released: dict[int, Typed] = {}
        self._said_by: KeyBar | None = None
        self._asked_again: tuple[object, float, bool] = (None, 0.0, False)
        """About which screen, when, and whether the terminal had answered before."""
        self._refused: object = None
        """The question about which it was said that keys came too early."""

    # What comes from the terminal.

    async def take(self, *typed: Typed) -> None:
        """Hands these on at once, or as soon as what came before them is done. Called by the app alone."""
        if self._released.pop(id(typed[0]), None) is not None:
            await self._hand_on(typed[0])
            return
        self._packets += 1
        self._waiting.extend(_Waiting(event, self._packets) for event in typed)
        if self._under_way is not None:
            return
        if len(self._waiting) == 1 and self._settled and not self._released and not self._must_wait():
            event = self._next()
            if not self._waiting:  # a syllable may be several keys
                self._note(event)
                await self._hand_on(event)
                return
            self._waiting.appendleft(_Waiting(event, self._packets))
        self._under_way = asyncio.create_task(self._run())

    def is_early(self, event: events.Event) -> bool:
        """Whether that was done before what is asked on the topmost screen could be seen, or what comes of
        the keys before it."""
        screen = self._app.screen
        if self._waiting:
            return True
        if not isinstance(screen, WorkersEnd) or screen.takes_typed_ahead():
            return False
        return screen.shown_at is None or event.time <= screen.shown_at

    def drop(self, words: str = "") -> None:
        """Forgets all keys that wait, and says so where there are any."""
        if self._waiting:
            self._waiting.clear()
            self._app.notify(words or _("Keys that were typed ahead were dropped."), markup=False)

    # One after the other.

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._until_ready()
                self._say_no_more()
                if self._waiting and not await self._take_lines():
                    event = self._next()
                    self._note(event)
                    self._released[id(event)] = event
                    self._app.post_message(event)
        except Exception as error:  # noqa: BLE001  a defect: told like those of any handler, not lost
            self._app._handle_exception(error)
        finally:
            self._under_way = None
            self._say_no_more()

    def _next(self) -> Typed:
        """The next one. A Korean letter on its way to commands is the keys that it was typed with."""
        event, packet = self._waiting.popleft()
        if isinstance(event, events.Key) and not self._is_text(event):
            *modifiers, name = event.key.split("+")
            if keys := latin_keys(event.character or name):
                pressed = [_pressed("+".join([*modifiers, one]), one, event) for one in keys]
                self._waiting.extendleft(_Waiting(one, packet) for one in reversed(pressed[1:]))
                return pressed[0]
        return event

    def _note(self, event: Typed) -> None:
        """After text in an input nothing else changes: the next key need not wait."""
        self._settled = self._settled and self._is_text(event)

    def _is_text(self, event: Typed) -> bool:
        focused = self._app.focused
        if isinstance(event, events.Paste):
            return isinstance(focused, Input)
        return focused is not None and focused.check_consume_key(event.key, event.character)

    async def _take_lines(self) -> bool:
        """Gives a field for ids the lines that arrived together with Enter, where they are a list."""
        field, (first, packet) = self._app.focused, self._waiting[0]
        if not isinstance(field, IdsField) or not isinstance(first, events.Key) or not _ends_line(first):
            return False
        rest = [event for event, number in self._waiting if number == packet][1:]
        if field.lines_aside:  # in a form Tab ends the field, and what follows is for the next ones
            rest = [*takewhile(lambda event: not _is_tab(event), rest)]
        await self._calm(self._app)  # what was typed before is in the field
        await self._calm(field)
        lines = list_within(field.value, [_as_text(event) for event in rest])
        if lines is None:
            return False
        for _one in range(len(rest) + 1):
            self._waiting.popleft()
        self._settled = False
        return field.call_later(field.take_lines, lines)

    # What a key waits for.

    def _must_wait(self) -> bool:
        screen = self._app.screen
        unseen = isinstance(screen, WorkersEnd) and (
            screen.shown_at is None or self._waiting[0].event.time <= screen.shown_at
        )
        return unseen or self._is_reading()

    async def _until_ready(self) -> None:
        """Returns when the screen that the next key is meant for is there, and has read what it shows."""
        began = time.monotonic()
        while self._waiting:
            await self._settle()
            screen, waited = self._app.screen, time.monotonic() - began
            if not isinstance(screen, WorkersEnd):
                return
            if screen.shown_at is None and not self._counts_as_shown(screen):
                if waited > _SHOWN_AFTER and self._leaves_unread():
                    return
                await asyncio.sleep(_LOOK)
                self._settled = False  # what a new screen does first may come after it was painted
                continue
            if not screen.takes_typed_ahead():
                self._drop_early(screen)
            if not self._waiting or not self._is_held(screen):
                return
            if waited > _SAY_AFTER:
                self._say_waiting(screen)
            await asyncio.sleep(_LOOK)
            self._settled = False

    def _counts_as_shown(self, screen: WorkersEnd[Any]) -> bool:
        """Whether no word of the terminal is waited for any more. A question waits for that of a slow line:
        what is typed until then was typed unseeing."""
        now, painted = events.Event().time, screen.painted_at
        since = self._waiting[0].event.time if painted is None else painted
        longest = _SHOWN_AFTER
        if now - since >= longest and not screen.takes_typed_ahead():
            longest = _ANSWERED_AFTER if painted is None or self._may_answer(screen, now) else longest
        if now - since < longest:
            return False
        screen.shown_at = since + longest
        return True

    def _may_answer(self, screen: WorkersEnd[Any], now: float) -> bool:
        """Asks the terminal again from time to time."""
        asked, at, answers = self._asked_again
        if asked is not screen or now - at >= _SHOWN_AFTER:
            answers = bool(self._ask_whether_shown(screen))
            self._asked_again = (screen, now, answers)
        return answers

    def _leaves_unread(self) -> bool:
        """Whether a key waits that leaves what is not shown yet. Nothing else that was typed is kept then."""
        leaving = [
            one for one in self._waiting if isinstance(one.event, events.Key) and one.event.key in _AWAY
        ]
        if leaving:
            self._waiting = deque(leaving[:1])
        return bool(leaving)

    def _drop_early(self, screen: WorkersEnd[Any]) -> None:
        """What was typed before a question was shown is no answer to it, nor is what follows without a pause:
        the second half of something means something else."""
        assert screen.shown_at is not None
        while self._waiting and self._waiting[0].event.time <= screen.shown_at:
            event, _packet = self._waiting.popleft()
            screen.shown_at = max(screen.shown_at, event.time + _PAUSE)
            if self._refused is not screen:
                self._refused = screen
                words = _("Keys typed before this question was shown were not taken.")
                self._app.notify(words, markup=False)

    def _is_held(self, screen: WorkersEnd[Any]) -> bool:
        """Whether the next key has to wait longer. Escape does not, and drops those before it."""
        first = self._waiting[0].event
        early = screen.shown_at is not None and first.time <= screen.shown_at
        if not (self._is_reading() or (screen.passes_keys_on and early)):
            return False
        names = [event.key if isinstance(event, events.Key) else "" for event, _packet in self._waiting]
        if names[0] in _LEAVE:
            return False
        if self._leaves_now(names):
            return False
        if at_once := next((at for at, name in enumerate(names) if name in _NEVER_HELD), None):
            self._waiting.rotate(-at_once)
            one = self._waiting.popleft()
            self._waiting.rotate(at_once)
            self._waiting.appendleft(one)
        if at_once is not None:
            return False
        if "escape" not in names:
            return True
        for _one in range(names.index("escape")):
            self._waiting.popleft()
        if names[0] != "escape":
            self._app.notify(_("Keys that were typed ahead were dropped."), markup=False)
        return False

    def _say_waiting(self, screen: WorkersEnd[Any]) -> None:
        """Says so in the place of the keys, none of which is taken: a message would lie over the list."""
        for self._said_by in screen.query(KeyBar):
            self._said_by.say(self._waiting_words())

    def _say_no_more(self) -> None:
        bar, self._said_by = self._said_by, None
        if bar is not None and bar.is_attached:
            bar.say("")

    def _waiting_words(self) -> str:
        if any(isinstance(event, events.Key) and event.key == "ctrl+q" for event, _packet in self._waiting):
            return _("Quitting waits for the keys before it. Esc drops them, Ctrl+Q again quits.")
        return _("Keys wait until this is read. Esc drops them.")

    def _leaves_now(self, names: Sequence[str]) -> bool:
        """Whether a key that leaves waited and was pressed again: nobody is held by a server that is silent.
        Drops what was typed before it, with a word."""
        first: events.Key | None = None
        for at, (event, _packet) in enumerate(self._waiting):
            if isinstance(event, events.Key) and names[at] in _LEAVE:
                first = first or event
                if event.key == first.key and event.time - first.time > _AGAIN:
                    self.drop()
                    self._waiting.append(_Waiting(event, _packet))
                    return True
        return False

    def _is_reading(self) -> bool:
        """Whether the topmost screen, or what has the focus there, is still to show what keys are for."""
        screen, focused = self._app.screen, self._app.focused
        around = (focused or screen).ancestors_with_self
        for worker in self._app.workers:
            if worker.group in AWAITED and worker.is_running and isinstance(worker.node, DOMNode):
                inside = focused is None and screen in worker.node.ancestors_with_self
                if (worker.node in around or inside) and not getattr(screen, "passes_keys_on", False):
                    return True
        return False

    async def _settle(self) -> None:
        """Returns when all is done that came of the keys handed on."""
        for _round in range(_ROUNDS):
            if self._settled:
                return
            screen, focused = self._app.screen, self._app.focused
            for node in (focused or screen).ancestors_with_self:
                await self._calm(node)
            nodes: list[DOMNode] = [self._app, *screen.walk_children(with_self=True)]
            busy = any(node.message_queue_size or node._next_callbacks for node in nodes)
            if awaits_layout := _awaits_layout(focused):
                await asyncio.sleep(_LOOK)
            same = (screen, focused) == (self._app.screen, self._app.focused)
            self._settled = same and not busy and not awaits_layout
        self._settled = True

    async def _calm(self, node: DOMNode) -> None:
        """Returns when this one has no message left, or takes none any more."""
        for _round in range(_ROUNDS):
            done = asyncio.get_running_loop().create_future()
            if not node.call_later(_set_done, done):
                return
            while not done.done():
                await asyncio.wait([done], timeout=_SAY_AFTER)
                if not (node.is_running and node.is_attached):
                    return
            if not node.message_queue_size and not node._next_callbacks:
                return


def _awaits_layout(focused: Widget | None) -> bool:
    """Whether what has the focus is new and has no place yet: a table has no rows before it has one."""
    if focused is None or focused.size:
        return False
    return any(node._layout_required for node in focused.ancestors_with_self if isinstance(node, Widget))


def _set_done(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)


def _pressed(key: str, character: str, like: events.Key) -> events.Key:
    """That key, pressed when `like` was."""
    pressed = events.Key(key, None if "+" in key else character)
    pressed.time = like.time
    return pressed


def _is_tab(event: Typed) -> bool:
    return isinstance(event, events.Key) and event.key == "tab"


def _ends_line(key: events.Key) -> bool:
    return key.key in ("enter", "ctrl+j")


def _as_text(event: Typed) -> str:
    """The character of a key that is text, a line's end for Enter, and nothing for all else."""
    if isinstance(event, events.Paste):
        return ""
    if _ends_line(event):
        return "\n"
    return (event.character or "") if event.is_printable else ""
