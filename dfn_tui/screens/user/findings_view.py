"""What is remarkable of a user's consents, below them: the findings, and the last change made from here."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from dfn_tui.consent.findings import Course, Finding
from dfn_tui.text import _, ngettext

_MARKS = {Course.OPEN: ("▲", "warn"), Course.SETTLED: ("✓", "staged"), Course.NEW: ("▲", "warn")}


class FindingsView(Widget):
    """As many lines as there is room for; what is left out is counted."""

    def __init__(self) -> None:
        super().__init__()
        self._findings: Sequence[Finding] = ()
        self._unreadable = ""
        self._last: Text | None = None
        self._known = False
        """Whether anybody was read: of somebody else it is not said that there is nothing."""
        self.headed = False
        """Whether headings stand above."""

    def show(self, findings: Sequence[Finding], unreadable: str) -> None:
        """Shows these, and which consents cannot be read."""
        if (True, findings, unreadable) != (self._known, self._findings, self._unreadable):
            self._known, self._findings, self._unreadable = True, findings, unreadable
            self.refresh()

    def wait(self) -> None:
        """Shows nothing: nobody was read."""
        self._known, self._findings, self._unreadable, self._last = False, (), "", None
        self.refresh()

    def show_last(self, last: Text | None) -> None:
        """Shows the last change; None where none is known."""
        if last != self._last:
            self._last = last
            self.refresh()

    @property
    def sentences(self) -> list[tuple[Text, Text]]:
        """A finding each, its mark beside it."""
        found = [_sentence(one) for one in self._findings]
        if self._unreadable:
            found.append((Text("▲", "warn"), Text(self._unreadable)))
        return found

    def render(self) -> RenderResult:
        lines = self._lines()
        room = self.size.height
        if self.headed and self._known:
            lines.insert(0, self._heading())
            if self._last is not None and len(lines) + 3 <= room:
                last = self._last.copy()
                last.truncate(self.size.width, overflow="ellipsis")
                lines += [Text(), Text(_("Last change"), "bold"), last]
        if len(lines) > room > 0:
            more = len(lines) - room + 1
            words = ngettext("… {count} more line: f shows all", "… {count} more lines: f shows all", more)
            lines[room - 1 :] = [Text(words.format(count=more), "label")]
        return Text("\n", no_wrap=True).join(lines)

    def _lines(self) -> list[Text]:
        """The sentences, each further line of one below its words."""
        lines = []
        for mark, sentence in self.sentences:
            first, *rest = sentence.wrap(self.app.console, max(self.size.width - 2, 20))
            lines.append(Text.assemble(mark, " ", first))
            lines += [Text.assemble("  ", line) for line in rest]
        return lines

    def _heading(self) -> Text:
        heading = Text.assemble((_("Findings"), "bold"))
        settled = sum(one.course is Course.SETTLED for one in self._findings)
        found = sum(one.course is not Course.NEW for one in self._findings)
        if not self._findings and not self._unreadable:
            return heading.append(" · ", "faint").append(_("none"), "label")
        if settled:
            words = _("✓ {settled} of {found} settled by the staged change")
            words = words.format(settled=settled, found=found)
            heading.append(" · ", "faint").append(words, "strong.staged")
        return heading


def _sentence(finding: Finding) -> tuple[Text, Text]:
    mark, style = _MARKS[finding.course]
    text = Text()
    if finding.course is Course.NEW:
        text.append(_("after the change:") + " ", "staged")
    text.append(finding.text, "label" if finding.course is Course.SETTLED else "")
    return Text(mark, style), text
