"""A token from a program that prints it: `pass`, `age`, a vault's client."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pydantic import SecretStr

from dfn_tui.credentials.token import BadToken, Unusable, clean_token
from dfn_tui.text import _, sanitize

LIMIT = 10.0
"""Seconds a program may take."""
KEPT = 65_536
"""Bytes of each of its outputs that are looked at."""
_SHOWN = 400  # characters of its error output that go into a reason
_PIECE = 4  # characters: anything shorter in its output is no part of a token worth hiding


class CommandFailed(Unusable):
    """The program gave no token. Its output is not repeated in the error."""


async def token_from(
    command: Sequence[str], environ: Mapping[str, str] = os.environ, limit: float = LIMIT
) -> SecretStr:
    """The first line that a program prints. Raises `CommandFailed`.

    It runs without a shell and without our own variables, can read nothing and has no terminal, so it
    cannot ask for anything on the screen. After `limit` seconds it is killed with all it started in its
    process group.
    """
    program = sanitize(command[0], 80)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=_inherited(environ),
            start_new_session=True,  # a process group to kill as one, and no terminal to draw on
        )
    except OSError as error:
        reason = _("The token's command {program} cannot be run: {error}.")
        why = error.strerror or type(error).__name__
        raise CommandFailed(reason.format(program=program, error=why)) from None
    try:
        async with asyncio.timeout(limit):
            out, err, code = await asyncio.gather(
                _drain(process.stdout), _drain(process.stderr), process.wait()
            )
    except TimeoutError:
        reason = _("The token's command {program} did not end within {seconds:g} seconds and was killed.")
        raise CommandFailed(reason.format(program=program, seconds=limit)) from None
    finally:
        await _end(process)
    if code != 0:
        raise CommandFailed(_failure(program, code, out, err))
    try:
        return clean_token(out.partition("\n")[0])
    except BadToken as bad:
        reason = _("The first line that the token's command {program} printed is no token. {why}")
        raise CommandFailed(reason.format(program=program, why=bad.happened)) from None


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Our own variables may hold a token, and are no business of a child. With `GPG_TTY` gone, no pinentry
    draws over the console."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("DFN_TUI_") and name != "GPG_TTY"
    }


async def _drain(stream: asyncio.StreamReader | None) -> str:
    """All of a stream is read, so that its writer can end; only the beginning is kept."""
    assert stream is not None
    kept = b""
    while piece := await stream.read(KEPT):
        kept += piece[: KEPT - len(kept)]
    return kept.decode("utf-8", "replace")


async def _end(process: Process) -> None:
    """Nothing of a program that did not end in time, or that nobody waits for any more, is left running."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _failure(program: str, code: int, out: str, err: str) -> str:
    for line in sorted(map(str.strip, out.splitlines()), key=len, reverse=True):
        if len(line) >= _PIECE:
            err = err.replace(line, "[…]")
    said = sanitize(" ".join(err.split()), _SHOWN)
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        ended = _("The token's command {program} was ended by {signal}.").format(program=program, signal=name)
    else:
        ended = _("The token's command {program} ended with exit code {code}.").format(
            program=program, code=code
        )
    if not said:
        return ended
    return _("{ended} It said: {said}").format(ended=ended, said=said)
