"""Where things lie: the configuration, the state, the styles, the manual. Nothing is created by asking."""

import os
from collections.abc import Mapping
from pathlib import Path

from dfn_tui.errors import ConsoleError
from dfn_tui.text import _, sanitize, spoken

CONFIG, STATE = "DFN_TUI_CONFIG", "DFN_TUI_STATE"


def config_file() -> Path:
    """`DFN_TUI_CONFIG` if set, else `config.toml` in the platform's configuration folder. Raises
    `ConsoleError` where nothing says which that is."""
    return _chosen(CONFIG) or _of_platform("user_config_path") / "config.toml"


def state_dir() -> Path:
    """`DFN_TUI_STATE` if set, else the platform's folder for what a program keeps between its runs. Raises
    `ConsoleError` where nothing says which that is."""
    return _chosen(STATE) or _of_platform("user_state_path")


def _chosen(variable: str) -> Path | None:
    chosen = os.environ.get(variable)
    if not chosen:
        return None
    try:
        return Path(chosen).expanduser()
    except RuntimeError:
        raise ConsoleError(
            _("There is no such home folder"),
            _("{variable} is {path}, and nothing says where that user's files lie.").format(
                variable=variable, path=sanitize(chosen, 80)
            ),
            _("Write the whole path, beginning with a slash."),
        ) from None


def _of_platform(function: str) -> Path:
    import platformdirs  # noqa: PLC0415  25 ms that a start with both variables does not need

    try:
        found: Path = getattr(platformdirs, function)("dfn-tui", appauthor=False)
    except RuntimeError:
        found = Path()
    if not found.is_absolute():  # never a folder of the name “~” wherever one happens to be
        raise ConsoleError(
            _("There is no home folder"),
            _("Neither HOME nor the system's list of users says where this user's files lie."),
            _("Set HOME, or name the file in {config} and the folder in {state}.").format(
                config=CONFIG, state=STATE
            ),
        )
    return found


def style_files(*names: str) -> list[Path]:
    """The `.tcss` files of these names, or all in name order: inside the package in a wheel, beside it in a
    checkout."""
    package = Path(__file__).parent
    shipped = package / "styles"
    folder = shipped if shipped.is_dir() else package.parent / "styles"
    # Listed, not globbed: the first glob of a program takes a hundredth of a start.
    return [folder / f"{name}.tcss" for name in names] or [
        one for one in sorted(folder.iterdir()) if one.suffix == ".tcss"
    ]


def manual_files() -> dict[str, Path]:
    """The Markdown file of each topic of the manual in the language that is spoken, in alphabetical order."""
    folder = Path(__file__).parent / "manual"
    files = {file.stem: file for file in sorted(folder.glob("*.md"))}
    return files | {file.stem: file for file in (folder / spoken()).glob("*.md")}


def child_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables for another program: ours may hold a token, and are no business of a child."""
    return {name: value for name, value in environ.items() if not name.startswith("DFN_TUI_")}
