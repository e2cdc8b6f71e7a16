"""Version 1's client: users by `user_id`, twenty a request.

Rests on DFINERY's user API, version 1 (`https://openapi.dfinery.io`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import SecretStr, ValidationError

from dfn_tui.api import v1_models as wire
from dfn_tui.api.answers import checked, field_path, parsed, successful
from dfn_tui.api.batch import Batch, BatchResponse, Item, Send, SendAgain
from dfn_tui.api.calls import CiWrite, OnProgress, Probe, ProfileWrite, Reply, ignore_progress
from dfn_tui.api.capabilities import VERSION_1
from dfn_tui.api.client import Client, probe_lines
from dfn_tui.api.errors import Rejected
from dfn_tui.api.limiter import Limiter
from dfn_tui.api.requests import RequestModel, absent_word, invalid, not_supported
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Call, TokenAuth, Transport
from dfn_tui.api.types import Identity, IdentityKind, Value
from dfn_tui.api.v1_answers import ci_read, profiles_read, written
from dfn_tui.consent.flags import Flag, State
from dfn_tui.text import _

_PROFILE = "/api/v1/users/profile"
_CI = "/api/v1/users/ci"
_READS_AT_ONCE = 4
_PROBE_ID = "dfn-tui-connection-test"
_FLAGS = frozenset(flag.value for flag in Flag)

DataT = TypeVar("DataT", wire.ProfilesRead, wire.CiRead, wire.Written)


class V1Api(Client):
    """`dfn_tui.api.calls.UserApi` for version 1."""

    capabilities = VERSION_1

    def __init__(
        self, transport: Transport, policy: RetryPolicy, *, token: SecretStr, limiter: Limiter | None = None
    ) -> None:
        self._auth = TokenAuth("Authorization", token, "Bearer ")
        super().__init__(transport, policy, limiter)
        self._delete_key: str | None = None

    async def read_profiles(
        self,
        identities: Sequence[Identity],
        progress: OnProgress = ignore_progress,
        *,
        names: Sequence[str] | None = None,
    ) -> list[Reply]:
        """The users with the named properties, or with all of them."""
        asked = None if names is None else list(names)
        wanted = None if names is None else frozenset(names)

        async def send(items: Sequence[Item]) -> BatchResponse:
            body = wire.ReadProfiles(user_ids=_ids(items), property_names=asked)
            data = await self._call(_PROFILE, body, wire.ProfilesRead)
            return profiles_read(data, wanted, self._transport.shown)

        return await self._for_each(identities, send, progress, write=False)

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        async def send(items: Sequence[Item]) -> BatchResponse:
            body = wire.WriteProfiles(user_properties=[item.payload for item in items])
            return await self._written(_PROFILE + "/update", body)

        return await self._write(_items(writes, _properties, wire.UserProperties), send, progress)

    async def read_ci(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        async def send(items: Sequence[Item]) -> BatchResponse:
            body = wire.ReadCi(user_ids=_ids(items), user_ci_property_names=list(VERSION_1.ci_fields))
            return ci_read(await self._call(_CI, body, wire.CiRead), self._transport.shown)

        return await self._for_each(identities, send, progress, write=False)

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        async def send(items: Sequence[Item]) -> BatchResponse:
            body = wire.WriteCi(user_ci_properties=[item.payload for item in items])
            return await self._written(_CI + "/update", body)

        return await self._write(_items(writes, _ci_fields, wire.UserCi), send, progress)

    async def delete_ci(
        self, identities: Sequence[Identity], fields: Sequence[str], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        names = list(fields)
        key = "user_ids"

        async def send(items: Sequence[Item]) -> BatchResponse:
            nonlocal key
            used = self._delete_key or key
            body = wire.DeleteCi.model_validate({used: _ids(items), "user_ci_property_names": names})
            try:
                response = await self._written(_CI + "/delete", body)
            except Rejected as exc:
                if exc.code != str(wire.INVALID_REQUEST) or not exc.believed or self._delete_key:
                    raise
                # Refused as invalid, so nothing was deleted: the documentation's example spells it otherwise.
                key = "user_ids" if used == "user_id" else "user_id"
                if used == "user_id":
                    raise
                raise SendAgain from None
            self._delete_key = used
            return response

        return await self._for_each(identities, send, progress, write=True)

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Reply:
        message = _("Version 1 of the API does not have this. The request was not sent.")
        return not_supported(identity, message)

    async def probe(self) -> Probe:
        """Reads one flag of a user that nobody has: this proves address, token and rights."""
        nobody = Identity(IdentityKind.USER_ID, _PROBE_ID)
        (reply,) = await self.read_profiles([nobody], names=[Flag.MKT.value])
        if reply.error is not None:
            return Probe(False, (reply.message, *probe_lines(self.clock_skew)), reply.error)
        passed = _("The server accepts the token, and users can be read.")
        return Probe(True, (passed, *probe_lines(self.clock_skew)))

    async def _write(self, items: Sequence[Item | Reply], send: Send, progress: OnProgress) -> list[Reply]:
        return await Batch(send, self._requests, progress, write=True).run(items, VERSION_1.batch_size)

    async def _for_each(
        self, identities: Sequence[Identity], send: Send, progress: OnProgress, *, write: bool
    ) -> list[Reply]:
        """Each user once, however often asked for; the replies again as asked."""
        unique = list(dict.fromkeys(identities))
        items = [_named(identity) for identity in unique]
        replies = await Batch(send, self._requests, progress, write=write).run(
            items, VERSION_1.batch_size, 1 if write else _READS_AT_ONCE
        )
        by_identity = dict(zip(unique, replies, strict=True))
        return [by_identity[identity] for identity in identities]

    async def _call(self, path: str, body: RequestModel, data: type[DataT], *, write: bool = False) -> DataT:
        response = await self._transport.post(Call(path, body.body(), self._auth, write))
        content = parsed(response, write=write)
        code, message = content.get("result_code"), content.get("result_msg")
        envelope = successful(
            wire.Envelope,
            response,
            content,
            wire.kind_of(code),
            documented=wire.refuses(code),
            code=str(code) if type(code) is int else "",
            message=self._transport.shown(message if isinstance(message, str) else ""),
            write=write,
        )
        return checked(data, envelope.result_data, write=write, within="result_data")

    async def _written(self, path: str, body: RequestModel) -> BatchResponse:
        return written(await self._call(path, body, wire.Written, write=True), self._transport.shown)


def _ids(items: Sequence[Item]) -> list[str]:
    return [item.identity.value for item in items]


def _named(identity: Identity) -> Item | Reply:
    """The user with no more than their id, or the reply that says why it cannot be sent."""
    if identity.kind is not IdentityKind.USER_ID:
        return invalid(identity, identity.kind.value)
    try:
        wire.NAMED.validate_python(identity.value)
    except ValidationError:
        return invalid(identity, IdentityKind.USER_ID.value)
    return Item(identity)


WriteT = TypeVar("WriteT", ProfileWrite, CiWrite)
EditT = TypeVar("EditT", wire.Properties, wire.CiFields)


def _items(
    writes: Sequence[WriteT], edit_of: Callable[[WriteT], EditT | str], user: type[RequestModel]
) -> list[Item | Reply]:
    """Each user with what is to be written, or the reply that says why nothing can be. An edit is checked
    once for all its users; `edit_of` gives the field that cannot be sent where it cannot."""
    checked_user = user.__pydantic_validator__.validate_python  # for each user, so often called
    items: list[Item | Reply] = []
    for write in writes:
        edit = edit_of(write)
        for identity in write.identities:
            if identity.kind is not IdentityKind.USER_ID:
                items.append(invalid(identity, identity.kind.value))
            elif isinstance(edit, str):
                items.append(invalid(identity, edit))
            else:
                try:
                    items.append(
                        Item(identity, checked_user({"user_id": identity.value, "properties": edit}))
                    )
                except ValidationError as exc:
                    items.append(invalid(identity, field_path(exc)))
    return items


def _properties(write: ProfileWrite) -> wire.Properties | str:
    """What is written, consents and all, or the name of the field that cannot be sent."""
    unwritable = [flag.value for flag, state in write.consents.items() if state is State.NEVER_SET]
    # Consents travel as consents only, so that none gets around the rules that guard them.
    unwritable += [name for name in write.properties if name in _FLAGS]
    if unwritable:
        return unwritable[0]
    consents = {flag.value: state.value for flag, state in write.consents.items()}
    return _edit(wire.Properties, {**write.properties, **consents})


def _ci_fields(write: CiWrite) -> wire.CiFields | str:
    return _edit(wire.CiFields, write.fields)


def _edit(model: type[EditT], values: Mapping[str, Value] | Mapping[str, str]) -> EditT | str:
    absent = absent_word(values)
    if absent is not None:
        return f"properties.{absent}"
    try:
        return model.model_validate(dict(values))
    except ValidationError as exc:
        return field_path(exc, "properties", 1)
