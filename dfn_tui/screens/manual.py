"""The manual on the screen: its topics, and the one that is chosen."""

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Markdown, OptionList
from textual.widgets.option_list import Option

from dfn_tui import paths
from dfn_tui.screens.base import ConsoleScreen
from dfn_tui.text import N_
from dfn_tui.widgets.keys import bindings, key


class ManualScreen(ConsoleScreen[None]):
    """Shows the topic under the cursor; `Tab` leads to its text and back."""

    PLACE = N_("Manual")
    DEFAULT_CSS = """
    ManualScreen #topics { width: 22; height: 1fr; }
    ManualScreen #page { width: 1fr; height: 1fr; }
    """
    BINDINGS = bindings(
        key("tab", "app.focus_next", N_("Text or topics"), "manual.other", N_("The other side"))
    )
    AUTO_FOCUS = "#topics"

    page = getters.query_one("#page", VerticalScroll)

    def body(self) -> ComposeResult:
        with Horizontal():
            topics = [Option(topic, id=topic) for topic in paths.manual_files()]
            yield OptionList(*topics, id="topics", compact=True)
            with VerticalScroll(id="page", can_focus=True):
                yield Markdown(open_links=False)

    @on(OptionList.OptionSelected)
    def _read(self) -> None:
        self.page.focus()

    @on(OptionList.OptionHighlighted)
    @work(exclusive=True, group="page")
    async def _show(self, event: OptionList.OptionHighlighted) -> None:
        text = paths.manual_files()[str(event.option_id)].read_text(encoding="utf-8")
        await self.query_one(Markdown).update(text)
        self.page.scroll_home(animate=False)
