"""What the doctor looks at on the host: Python and its packages, the terminal, the time zone."""

import locale
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.metadata import metadata as described

from dfn_tui.paths import child_environment
from dfn_tui.service.doctor.seen import CheckResult, failed, ok, warning
from dfn_tui.text import _, sanitize
from dfn_tui.text.korea import spoken_time

PACKAGE = "dfn-tui"
COLUMNS, ROWS = 80, 24
"""The smallest terminal that every screen fits into."""
_TMUX_LIMIT = 3.0
_BOUND = re.compile(r"(>=|<)\s*(\d+(?:\.\d+)*)")
_UNFIT = {"", "dumb", "unknown"}


def python() -> CheckResult:
    """Whether this Python is one the console was made for."""
    found = _("Python {version}.").format(version=platform.python_version())
    try:
        bounds = described(PACKAGE)["Requires-Python"]
    except PackageNotFoundError:
        return ok(found)
    if _fits(platform.python_version(), bounds):
        return ok(found)
    return failed(found, _("Install dfn-tui for a Python {bounds}.").format(bounds=bounds))


def packages() -> CheckResult:
    """Whether each package the console needs is there in a version it was made for."""
    try:
        needed = [line for line in requires(PACKAGE) or () if "extra ==" not in line]
    except PackageNotFoundError:
        return warning(
            _("dfn-tui is not installed as a package: its needs cannot be compared."),
            _("Install it with pip, pipx or uv."),
        )
    there: list[str] = []
    wrong: list[str] = []
    for line in sorted(needed):
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        try:
            has = version(name)
        except PackageNotFoundError:
            wrong.append(_("{name} is missing").format(name=name))
            continue
        (there if _fits(has, line) else wrong).append(f"{name} {sanitize(has, 40)}")
    if wrong:
        found = _("Not as needed: {packages}.").format(packages=", ".join(wrong))
        return failed(found, _("Install dfn-tui anew, in an environment of its own."))
    return ok(", ".join(there))


def _fits(has: str, bounds: str) -> bool:
    """Whether a version keeps to the lower and upper bounds in a text like `textual<9,>=8.2`."""
    mine = _numbers(has)
    limits = [(sign, _numbers(limit)) for sign, limit in _BOUND.findall(bounds)]
    return all(mine >= limit if sign == ">=" else mine < limit for sign, limit in limits)


def _numbers(text: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def terminal(environ: Mapping[str, str]) -> CheckResult:
    """Whether the console can be painted here, and whether every screen fits."""
    name = environ.get("TERM", "")
    here = [fd for fd in (0, 1, 2) if os.isatty(fd)]
    if not here:
        return warning(
            _("This is not run in a terminal: its size is not known."),
            _("Run it in the terminal that the console is for; over SSH that is “ssh -t”."),
        )
    if name in _UNFIT:
        return failed(
            _("TERM is “{name}”: the cursor cannot be moved.").format(name=name),
            _("Set TERM to what the terminal is, for example xterm-256color."),
        )
    size = os.get_terminal_size(here[0])
    found = _("{columns}×{rows}, TERM={name}.").format(
        columns=size.columns, rows=size.lines, name=sanitize(name, 40)
    )
    if size.columns < COLUMNS or size.lines < ROWS:
        words = _("Make the window at least {columns}×{rows}.")
        return warning(found, words.format(columns=COLUMNS, rows=ROWS))
    return ok(found)


def colours(environ: Mapping[str, str]) -> CheckResult:
    """How many colours will be used. None is no fault: every state can be read without."""
    if environ.get("NO_COLOR"):
        return ok(_("None, because NO_COLOR is set. Every state can be read without."))
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return ok(_("16 million, by COLORTERM."))
    if "256color" in environ.get("TERM", ""):
        return ok(_("256, by TERM."))
    return ok(_("16 at most, by TERM. Every state can be read without."))


def characters() -> CheckResult:
    """Whether Korean arrives as it is written. Whether it is as wide as it should be, only eyes can tell."""
    written = sys.__stderr__.encoding if sys.__stderr__ else ""  # what the console paints on
    hint = _("Set LANG to a UTF-8 locale, for example C.UTF-8, and unset LC_ALL and PYTHONIOENCODING.")
    if not _is_utf8(written):
        return failed(
            _("Text is written as {encoding}: Korean does not arrive whole.").format(encoding=written), hint
        )
    if not _is_utf8(locale.getencoding()):
        words = _("UTF-8 is written, but the locale's encoding is {encoding}: other programs may spoil it.")
        return warning(words.format(encoding=locale.getencoding()), hint)
    return ok(_("UTF-8. These two should be equally wide: 한글 and abcd."))


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "") == "utf8"


def clipboard(environ: Mapping[str, str]) -> CheckResult:
    """Whether a copy, sent as OSC 52, gets past a multiplexer. The terminal itself cannot be asked."""
    if environ.get("TMUX"):
        return _in_tmux(environ)
    if environ.get("STY"):
        return warning(
            _("GNU screen keeps what is copied from the terminal."), _("Copy with screen, or use tmux.")
        )
    return ok(_("Neither tmux nor screen is in between. The terminal has to allow OSC 52."))


def _in_tmux(environ: Mapping[str, str]) -> CheckResult:
    setting = _tmux_setting("set-clipboard", environ)
    if setting == "on":
        return ok(_("In tmux, with set-clipboard on. The terminal has to allow OSC 52."))
    hint = _("Run “tmux set -s set-clipboard on”, and put it into ~/.tmux.conf.")
    if setting is None:
        return warning(_("In tmux, which does not say whether it passes on what is copied."), hint)
    words = _("In tmux, with set-clipboard {setting}: what is copied does not reach the terminal.")
    return warning(words.format(setting=sanitize(setting, 20)), hint)


def _tmux_setting(name: str, environ: Mapping[str, str]) -> str | None:
    """What tmux has for an option; None where it does not answer."""
    program = shutil.which("tmux", path=environ.get("PATH"))
    if program is None:
        return None
    try:
        ended = subprocess.run(  # noqa: S603  found by name, as a shell would
            [program, "show", "-gv", name],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(environ),
            timeout=_TMUX_LIMIT,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.decode(errors="replace").strip() or None


def time_zone() -> CheckResult:
    """The Korean time, which the night rule goes by, beside the host's."""
    now = datetime.now(UTC)
    korean, here = f"{spoken_time(now)} +0900", f"{now.astimezone():%H:%M %z}"
    return ok(_("It is {korean} in Korea, and {here} by this host.").format(korean=korean, here=here))
