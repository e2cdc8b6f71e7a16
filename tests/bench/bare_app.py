"""The least a Textual program can be: what the console is measured beside."""

from textual.app import App, ComposeResult
from textual.widgets import Input


class BareApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Input()


if __name__ == "__main__":
    BareApp().run()
