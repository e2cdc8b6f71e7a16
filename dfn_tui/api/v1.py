"""Generation 1's client: users by `user_id`, twenty a request.

Rests on DFINERY's user API, generation 1 (`https://openapi.dfinery.io`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError

from dfn_tui.api import v1_models as wire
from dfn_tui.api.answers import checked, field_path, parsed, successful
from dfn_tui.api.batch import Batch, Found, Item, Said, Send
from dfn_tui.api.calls import (
    CiWrite,
    OnProgress,
    Outcome,
    Probe,
    Profile,
    ProfileWrite,
    Status,
    ignore_progress,
)
from dfn_tui.api.capabilities import GENERATION_1
from dfn_tui.api.errors import Rejected
from dfn_tui.api.probing import probe_lines
from dfn_tui.api.requests import RequestModel, invalid, named
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Call, TokenHeader, Transport
from dfn_tui.api.types import Capabilities, Identity, IdentityKind, Value
from dfn_tui.consent.flags import Flag, State
from dfn_tui.text import _

_PROFILE = "/api/v1/users/profile"
_CI = "/api/v1/users/ci"
_READS_AT_ONCE = 4
_PROBE_ID = "dfn-tui-connection-test"

_NOTHING_READ = Found()
_FLAGS = tuple(Flag)
_STATES: dict[object, State] = {state.value: state for state in State} | {None: State.NEVER_SET}
_ABSENT = (None, State.NEVER_SET.value)
"""How an answer spells a field without a value, of whatever kind: by the page of the profile look-up."""

DataT = TypeVar("DataT", wire.ProfilesRead, wire.CiRead, wire.Written)


class V1Api:
    """`dfn_tui.api.calls.UserApi` for generation 1. Owns the transport."""

    def __init__(self, transport: Transport, policy: RetryPolicy, *, token: SecretStr) -> None:
        self._transport = transport
        self._auth = TokenHeader("Authorization", token, "Bearer ")
        self._policy = policy
        self._delete_key: str | None = None

    @property
    def capabilities(self) -> Capabilities:
        return GENERATION_1

    @property
    def clock_skew(self) -> timedelta | None:
        return self._transport.clock_skew

    async def read_profiles(
        self,
        identities: Sequence[Identity],
        progress: OnProgress = ignore_progress,
        *,
        names: Sequence[str] | None = None,
    ) -> list[Outcome]:
        """The users with the named properties, or with all of them."""
        asked = None if names is None else list(names)

        async def send(items: Sequence[Item]) -> Said:
            body = wire.ReadProfiles(user_ids=_ids(items), property_names=asked)
            data = await self._call(_PROFILE, body.body(), wire.ProfilesRead)
            found = {
                user.user_id: Found(profile=_profile(user.properties))
                for user in data.successful_user_properties or ()
            }
            return Said(found, self._failures(data))

        return await self._for_each(identities, send, progress, write=False)

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        async def send(items: Sequence[Item]) -> Said:
            body = {"user_properties": [item.payload for item in items]}
            return await self._written(_PROFILE + "/update", body)

        return await self._batch(send, progress, write=True).run(
            _profile_items(writes), GENERATION_1.batch_size
        )

    async def read_ci(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        async def send(items: Sequence[Item]) -> Said:
            body = wire.ReadCi(user_ids=_ids(items), user_ci_property_names=list(GENERATION_1.ci_fields))
            data = await self._call(_CI, body.body(), wire.CiRead)
            found = {
                user.user_id: Found(ci={k: v for k, v in user.properties.items() if v not in _ABSENT})
                for user in data.successful_user_ci_properties or ()
            }
            return Said(found, self._failures(data))

        return await self._for_each(identities, send, progress, write=False)

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        async def send(items: Sequence[Item]) -> Said:
            body = wire.WriteCi(user_ci_properties=[item.payload for item in items])
            return await self._written(_CI + "/update", body.body())

        items = [_ci_item(write) for write in writes]
        return await self._batch(send, progress, write=True).run(items, GENERATION_1.batch_size)

    async def delete_ci(
        self,
        identities: Sequence[Identity],
        fields: Sequence[str],
        progress: OnProgress = ignore_progress,
    ) -> list[Outcome]:
        async def send(items: Sequence[Item]) -> Said:
            return await self._delete(_ids(items), list(fields))

        return await self._for_each(identities, send, progress, write=True)

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Outcome:
        return _not_supported(identity)

    async def probe(self) -> Probe:
        """Reads one flag of a user that nobody has: this proves address, token and rights."""
        nobody = Identity(IdentityKind.USER_ID, _PROBE_ID)
        (outcome,) = await self.read_profiles([nobody], names=[Flag.MKT.value])
        if outcome.error is not None:
            return Probe(False, (outcome.message, *probe_lines(self.clock_skew)), outcome.error)
        passed = _("The server accepts the token, and users can be read.")
        return Probe(True, (passed, *probe_lines(self.clock_skew)))

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _batch(self, send: Send, progress: OnProgress, *, write: bool) -> Batch:
        return Batch(send, self._policy, progress, write=write)

    async def _for_each(
        self, identities: Sequence[Identity], send: Send, progress: OnProgress, *, write: bool
    ) -> list[Outcome]:
        """Each user once, however often asked for; the outcomes again as asked."""
        unique = list(dict.fromkeys(identities))
        items = [_named_item(identity) for identity in unique]
        outcomes = await self._batch(send, progress, write=write).run(
            items, GENERATION_1.batch_size, 1 if write else _READS_AT_ONCE
        )
        by_identity = dict(zip(unique, outcomes, strict=True))
        return [by_identity[identity] for identity in identities]

    async def _call(
        self, path: str, body: Mapping[str, Any], data: type[DataT], *, write: bool = False
    ) -> DataT:
        answer = await self._transport.post(Call(path, body, self._auth, write))
        content = parsed(answer, write=write)
        code, message = content.get("result_code"), content.get("result_msg")
        shown = self._transport.shown(message if isinstance(message, str) else "")
        known = str(code) if type(code) is int else ""
        kind = wire.kind_of(code)
        envelope = successful(wire.Envelope, answer, content, kind, code=known, message=shown, write=write)
        return checked(data, envelope.result_data, write=write, within="result_data")

    async def _written(self, path: str, body: Mapping[str, Any]) -> Said:
        data = await self._call(path, body, wire.Written, write=True)
        return Said(dict.fromkeys(data.successful_user_ids or (), _NOTHING_READ), self._failures(data))

    async def _delete(self, ids: list[str], fields: list[str]) -> Said:
        key = self._delete_key or "user_ids"
        try:
            said = await self._written(_CI + "/delete", _deletion(key, ids, fields))
        except Rejected as exc:
            if exc.code != str(wire.INVALID_REQUEST) or self._delete_key is not None:
                raise
            # Refused as invalid, so nothing was deleted: the documentation's example spells it otherwise.
            key = "user_id"
            said = await self._written(_CI + "/delete", _deletion(key, ids, fields))
        self._delete_key = key
        return said

    def _failures(self, data: DataT) -> dict[str, tuple[str, str]]:
        return {
            uid: (str(detail.code), self._transport.shown(detail.msg))
            for detail in data.failure_details or ()
            for uid in detail.user_ids
        }


def _ids(items: Sequence[Item]) -> list[str]:
    return [item.identity.value for item in items]


def _item(identity: Identity, build: Callable[..., RequestModel]) -> Item | Outcome:
    """The user with what is to be sent, or the outcome that says why nothing can be."""
    if identity.kind is not IdentityKind.USER_ID:
        return invalid(identity, identity.kind.value)
    try:
        return Item(identity, build(user_id=identity.value))
    except ValidationError as exc:
        return invalid(identity, field_path(exc))


def _ci_item(write: CiWrite) -> Item | Outcome:
    """The user with their CI fields, or the outcome that says why they cannot be sent."""
    if unwritable := [name for name, value in write.fields.items() if value in _ABSENT]:
        return invalid(write.identity, unwritable[0])
    return _item(write.identity, partial(wire.UserCi, properties=dict(write.fields)))


def _named_item(identity: Identity) -> Item | Outcome:
    """The user with no more than their id, or the outcome that says why it cannot be sent."""
    if identity.kind is not IdentityKind.USER_ID:
        return invalid(identity, identity.kind.value)
    try:
        return Item(identity, named(identity.value))
    except ValueError:
        return invalid(identity, IdentityKind.USER_ID.value)


def _profile_items(writes: Sequence[ProfileWrite]) -> list[Item | Outcome]:
    """Each user with what is to be written, or the outcome that says why nothing can be."""
    # By their ids: many users share one set of properties, which is then looked at once.
    looked_at: dict[tuple[int, int], Mapping[str, Value] | str] = {}
    items: list[Item | Outcome] = []
    for write in writes:
        item = _named_item(write.identity)
        if isinstance(item, Item):
            key = id(write.consents), id(write.properties)
            found = looked_at.get(key)
            if found is None:
                found = looked_at[key] = _properties(write)
            if isinstance(found, str):
                item = invalid(write.identity, found)
            else:
                item = Item(write.identity, {"user_id": item.payload, "properties": found})
        items.append(item)
    return items


def _properties(write: ProfileWrite) -> Mapping[str, Value] | str:
    """What is written, consents and all, or the name of the field that cannot be sent."""
    unwritable = [flag.value for flag, state in write.consents.items() if state is State.NEVER_SET]
    # Consents travel as consents only, so that none gets around the rules that guard them.
    unwritable += [name for name, value in write.properties.items() if name in _FLAGS or value in _ABSENT]
    if unwritable:
        return unwritable[0]
    properties = {**write.properties, **{flag.value: state.value for flag, state in write.consents.items()}}
    try:
        return wire.Properties.of(properties).properties
    except ValidationError as exc:
        return field_path(exc)


def _deletion(key: str, ids: list[str], fields: list[str]) -> dict[str, Any]:
    return wire.DeleteCi.model_validate({key: ids, "user_ci_property_names": fields}).body()


def _profile(properties: Mapping[str, Value | None]) -> Profile:
    """Consents told apart from the rest.

    A flag with a value the documentation does not have is not readable; its value stays among the
    properties, where the operator sees it, and is never taken for one of the three states.
    """
    states = {flag: _STATES.get(properties[flag]) for flag in _FLAGS if flag in properties}
    consents = {flag: state for flag, state in states.items() if state is not None}
    rest = {n: value for n, value in properties.items() if value not in _ABSENT and n not in consents}
    return Profile(consents, rest)


def _not_supported(identity: Identity) -> Outcome:
    message = _("Generation 1 of the product does not have this. Nothing was changed.")
    return Outcome(identity, Status.FAILED, "not-supported", message)
