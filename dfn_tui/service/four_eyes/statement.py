"""What is signed: which plan, for where, for how many, by whom, when and as what.

One text, in one form only, so that a signature fits no other plan, no other place and no other person. The
file that keeps it has that text as its first line, and the signature below.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from dfn_tui.service.bulk.plan.totals import Totals


class SignedAs(StrEnum):
    """As what somebody signs: nobody's word for one is a word for the other."""

    APPROVE = "approve"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Statement:
    """`plan` is the digest, `users` how many would be sent, those included who were sent from it before."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")

    role: SignedAs
    plan: str
    connection: str
    environment: str
    address: str
    service: str
    users: int
    principal: str
    at: AwareDatetime

    @property
    def text(self) -> bytes:
        """What is signed: a line of JSON, in ASCII."""
        said = asdict(self) | {"at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def same_plan(self, other: "Statement") -> bool:
        """Whether both are about one plan, for one place and as many users."""
        return (self.plan, *_place(self), self.users) == (other.plan, *_place(other), other.users)

    def same_place(self, other: "Statement") -> bool:
        """Whether both are for one connection, address and service."""
        return _place(self) == _place(other)


def _place(one: Statement) -> tuple[str, ...]:
    return one.connection, one.environment, one.address, one.service


_STATEMENT = TypeAdapter(Statement)


def statement_of(found: Totals, role: SignedAs, principal: str, now: datetime) -> Statement:
    """What `principal` says of the plan of these figures at the aware instant `now`."""
    head = found.head
    return Statement(
        role,
        found.digest,
        head.connection,
        head.environment.value,
        head.base_url,
        head.service_id,
        found.to_send + found.sent,
        principal,
        now.replace(microsecond=0),
    )


class Signed(NamedTuple):
    """A statement with the signature of it, as a file has them."""

    statement: Statement
    signature: bytes

    @property
    def text(self) -> str:
        """As the file has it."""
        return (self.statement.text + self.signature.strip() + b"\n").decode("ascii")

    @classmethod
    def read(cls, text: str) -> "Signed":
        """What `text` made. Raises ValueError for anything else."""
        data = text.encode("ascii")
        line, end, signature = data.partition(b"\n")
        statement = _STATEMENT.validate_json(line)
        if statement.text != line + end:
            raise ValueError("not in the one form that is signed")
        return cls(statement, signature)
