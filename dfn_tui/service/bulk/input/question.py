"""What would answer a refusal of a file: how it is to be read, where the file itself does not say."""

from typing import NamedTuple

from dfn_tui.errors import ConsoleError


class Question(NamedTuple):
    """An option of a source by its name, and its answers: each as the option takes it, and in words."""

    option: str
    answers: tuple[tuple[str, str], ...]


class ListRefused(ConsoleError):
    """A list cannot be taken as it is. Nothing was taken from it. `question` is what is to be said of it."""

    question: Question | None = None

    def asking(self, option: str, *answers: tuple[str, str]) -> "ListRefused":
        """The same refusal, with what may be answered."""
        self.question = Question(option, answers)
        return self
