"""Secrets and personal values that are found again wherever they leak to."""

import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dfn_tui.sandbox.options import SandboxOptions
from tests.sandbox_thread import SandboxThread

USER = "user-0003"


def _phone() -> str:
    return f"8210{random.randrange(10**8):08}"


def _email() -> str:
    return f"p{secrets.token_hex(8)}@example.com"


@dataclass(frozen=True)
class Planted:
    """Distinct values, new for each test. The server has some; the operator types the others."""

    token: str = field(default_factory=lambda: f"tok-{secrets.token_hex(12)}")
    export_token: str = field(default_factory=lambda: f"exp-{secrets.token_hex(12)}")
    phone: str = field(default_factory=_phone)
    email: str = field(default_factory=_email)
    kakao: str = field(default_factory=lambda: f"0{random.randrange(10**9):09}")
    said_phone: str = field(
        default_factory=lambda: f"010-{random.randrange(10**4):04}-{random.randrange(10**4):04}"
    )
    """In the reason."""
    typed_phone: str = field(default_factory=_phone)
    typed_email: str = field(default_factory=_email)

    @property
    def tokens(self) -> tuple[str, ...]:
        return self.token, self.export_token

    @property
    def of_the_server(self) -> tuple[str, ...]:
        return self.phone, self.email, self.kakao

    @property
    def personal(self) -> tuple[str, ...]:
        return *self.of_the_server, self.typed_phone, self.typed_email, self.said_phone

    def sandbox(self) -> SandboxThread:
        """A sandbox that takes these tokens; `put` has still to bring the values there."""
        return SandboxThread(SandboxOptions(token=self.token, export_token=self.export_token, users=5))

    def put(self, sandbox: SandboxThread) -> None:
        """Gives the values to `USER`. The e-mail becomes the last of the properties."""
        sandbox.state.write_ci([(USER, {"phone_number": self.phone, "kakao_id": self.kakao})])
        sandbox.state.write_profiles([(USER, {}, {"second_contact": self.email})])


def leaks(text: str | bytes, values: Iterable[str]) -> list[str]:
    """Those of the values that are in `text` as they are, or but for their case."""
    data = (text.encode() if isinstance(text, str) else text).lower()
    return [value for value in values if value.encode().lower() in data]


def leaking_files(folder: Path, values: Iterable[str]) -> list[tuple[Path, str]]:
    """The files below that hold one of the values, or have it in their name."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    wanted = tuple(values)
    return [
        (file, value)
        for file in files
        for value in leaks(str(file.relative_to(folder)).encode() + file.read_bytes(), wanted)
    ]
