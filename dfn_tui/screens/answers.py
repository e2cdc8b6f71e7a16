"""What has to be answered before anything is sent, on the review and before a bulk job."""

from collections.abc import Iterable, Iterator

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

from dfn_tui.text import _
from dfn_tui.widgets.field import Field
from dfn_tui.widgets.tick import Tick


def acknowledgements(texts: Iterable[str]) -> Iterator[Widget]:
    """Each warning with a box to tick, `#notice-0` and so on."""
    for at, text in enumerate(texts):
        yield Static(Text.assemble((f"! {text}", "bold yellow")), classes="notice")
        yield Tick(_("read and acknowledged"), id=f"notice-{at}")


def reason_field(*, required: bool) -> Iterator[Widget]:
    """Where the reason is typed, `#reason`."""
    words = _("Reason or ticket (required)") if required else _("Reason or ticket")
    yield Static(words, markup=False)
    yield Field(id="reason", placeholder=_("ticket, or a few words"))


def focus_what_is_missing(screen: Widget, *, optional: str = "") -> None:
    """The first box that is not ticked, or the first field that is empty, comes into view."""
    empty: list[Widget] = [box for box in screen.query(Tick) if not box.value and box.id != optional]
    empty += [field for field in screen.query(Field) if not field.value.strip()]
    if empty:
        empty[0].focus()
