"""Where things lie: the configuration, the state, the styles, the manual. Nothing is created by asking."""

import os
from pathlib import Path


def config_file() -> Path:
    """`DFN_TUI_CONFIG` if set, else `config.toml` in the platform's configuration folder."""
    chosen = os.environ.get("DFN_TUI_CONFIG")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # noqa: PLC0415  25 ms that a start with DFN_TUI_CONFIG does not need

    return platformdirs.user_config_path("dfn-tui", appauthor=False) / "config.toml"


def state_dir() -> Path:
    """`DFN_TUI_STATE` if set, else the platform's folder for what a program keeps between its runs."""
    chosen = os.environ.get("DFN_TUI_STATE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # noqa: PLC0415  as above

    return platformdirs.user_state_path("dfn-tui", appauthor=False)


def style_files(*names: str) -> list[Path]:
    """The `.tcss` files of these names, or all in name order: inside the package in a wheel, beside it in a
    checkout."""
    package = Path(__file__).parent
    shipped = package / "styles"
    folder = shipped if shipped.is_dir() else package.parent / "styles"
    return [folder / f"{name}.tcss" for name in names] or sorted(folder.glob("*.tcss"))


def manual_files() -> dict[str, Path]:
    """The Markdown file of each topic of the manual, in alphabetical order."""
    return {file.stem: file for file in sorted((Path(__file__).parent / "manual").glob("*.md"))}
