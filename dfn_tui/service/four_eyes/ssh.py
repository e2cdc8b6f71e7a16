"""OpenSSH's own programs, which make signatures and check them.

They are run from where the system keeps them, never from where `PATH` leads; without a shell, with no more of
the environment than the agent's socket, and not for ever. What they say is untrusted.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from dfn_tui.errors import GateRefused, system_reason
from dfn_tui.text import _, sanitize
from dfn_tui.trust import exposure_but_to_root

NAMESPACE = "dfn-tui-plan@dfn-tui"
"""What a signature is for: one that was made for anything else, as for a commit, is none of ours."""
REVOKED = "revoked_keys"
"""Beside the file of allowed signers: keys, or a KRL, that ssh takes from nobody any more."""
FOLDERS = (Path("/usr/bin"), Path("/usr/local/bin"))
LIMIT = 20.0
"""Seconds that a program may take that asks nobody."""
ASKING = 90.0
"""Seconds for somebody to type a passphrase, to touch a key, or to say yes to their agent."""
_KEPT = 65_536  # bytes of its output
_SHOWN = 300  # characters of it


class SignatureRefused(GateRefused):
    """A signature is missing, is not the right one, or could not be made. Nothing was sent."""


class Ran(NamedTuple):
    """How a program ended."""

    code: int
    out: bytes
    said: str
    """What it has to say of it, made inert."""


def verify(statement: bytes, signature: bytes, principal: str, signers: Path) -> bool:
    """Whether that signature is of the statement, and by a key that the file `signers` gives to `principal`
    at this moment. Raises `SignatureRefused` where that cannot be told."""
    with _handed(signature) as (file, kept):
        words = ["-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", principal, "-s", file]
        revoked = signers.with_name(REVOKED)
        if os.path.lexists(revoked):
            words += ["-r", str(revoked)]
        return _run("ssh-keygen", words, statement, kept).code == 0


def sign(statement: bytes, key: Path | bytes, *, terminal: bool) -> bytes:
    """The signature by that private key's file, or by the key in the agent that has this public one. On a
    `terminal` a passphrase is asked for there; else nothing can ask. Raises `SignatureRefused`."""
    with ExitStack() as stack:
        kept: Sequence[int] = ()
        if isinstance(key, bytes):
            file, kept = stack.enter_context(_handed(key))
        else:
            file = str(key.absolute())
        ran = _run(
            "ssh-keygen",
            ["-Y", "sign", "-n", NAMESPACE, "-f", file],
            statement,
            kept,
            limit=ASKING,
            terminal=terminal,
        )
    if ran.code != 0:
        raise SignatureRefused(
            _("Not signed"),
            _("ssh-keygen made no signature. It said: {said}").format(said=ran.said or "–"),
            _("Have the key at hand: ssh-add KEY, or name its file with --key."),
        )
    return ran.out


def agent_keys() -> list[bytes]:
    """The public keys of the agent that `SSH_AUTH_SOCK` leads to; none where there is no agent."""
    if not os.environ.get("SSH_AUTH_SOCK"):
        return []
    ran = _run("ssh-add", ["-L"], b"", ())
    return [line for line in ran.out.splitlines() if line.strip()] if ran.code == 0 else []


@contextmanager
def _handed(data: bytes) -> Iterator[tuple[str, Sequence[int]]]:
    """A name under which a program that inherits these descriptors reads that: nothing lies on the disk."""
    with os.fdopen(os.memfd_create("dfn-tui"), "wb") as file:
        file.write(data)
        file.flush()
        yield f"/dev/fd/{file.fileno()}", (file.fileno(),)


def _run(
    program: str,
    words: Sequence[str],
    given: bytes,
    kept: Sequence[int],
    *,
    limit: float = 0,
    terminal: bool = False,
) -> Ran:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    if agent := os.environ.get("SSH_AUTH_SOCK"):
        environment["SSH_AUTH_SOCK"] = agent
    try:
        with subprocess.Popen(  # noqa: S603  a list, of a program that root alone can write
            [_found(program), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            pass_fds=kept,
            start_new_session=not terminal,  # without a terminal nothing can draw over the console
        ) as process:
            out, err = _ended(process, given, limit or LIMIT)
    except OSError as error:
        raise _not_run(program, system_reason(error)) from None
    said = sanitize(" ".join(err.decode("utf-8", "replace").split()), _SHOWN)
    return Ran(process.returncode, out[:_KEPT], said)


def _ended(process: "subprocess.Popen[bytes]", given: bytes, limit: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(given, timeout=limit)
    except subprocess.TimeoutExpired:
        # First asked to end: what waits for a passphrase has to put the terminal's echo back.
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        words = _("It did not end within {seconds:g} seconds, and was stopped.")
        raise _not_run("ssh-keygen", words.format(seconds=limit)) from None
    finally:
        if process.poll() is None:
            process.kill()


def require_programs() -> None:
    """Raises `SignatureRefused` where signatures can be neither made nor checked here."""
    _found("ssh-keygen")


def _found(program: str) -> str:
    for folder in FOLDERS:
        path = folder / program
        if not path.is_file():
            continue
        exposed = exposure_but_to_root(path)
        if exposed is not None:
            raise SignatureRefused(
                _("{program} is not to be trusted").format(program=program), exposed.why, exposed.hint
            )
        return str(path)
    raise SignatureRefused(
        _("{program} is missing").format(program=program),
        _("Signatures are made and checked by OpenSSH's {program}, and {places} has none.").format(
            program=program, places=", ".join(map(str, FOLDERS))
        ),
        _("Have it installed: it is in Debian's package openssh-client."),
    )


def _not_run(program: str, why: str) -> SignatureRefused:
    return SignatureRefused(
        _("{program} cannot be run").format(program=program),
        _("{program}: {why} Nothing is sent.").format(program=program, why=why),
        _("Try it by hand: {program} -Y sign -n {namespace} -f KEY").format(
            program="ssh-keygen", namespace=NAMESPACE
        ),
    )
