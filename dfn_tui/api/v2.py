"""Version 2's client: one user a request, named by any of five identities; no reading of one user.

Rests on DFINERY's documentation of the import and export APIs (`https://openapi.dfinery.ai`).
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr, ValidationError

from dfn_tui.api import messages
from dfn_tui.api import v2_models as wire
from dfn_tui.api.answers import field_path, parsed, successful
from dfn_tui.api.batch import Batch, BatchResponse, Found, Item
from dfn_tui.api.calls import CiWrite, OnProgress, Probe, ProfileWrite, Progress, Reply, ignore_progress
from dfn_tui.api.capabilities import VERSION_2
from dfn_tui.api.client import Client, probe_lines
from dfn_tui.api.errors import ApiError, RateLimited, Rejected, TokenRejected
from dfn_tui.api.export import Export, Header, any_header
from dfn_tui.api.limiter import Limiter
from dfn_tui.api.requests import absent_word, invalid, not_supported
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Call, TokenAuth, Transport
from dfn_tui.api.types import Capabilities, Identity, IdentityKind
from dfn_tui.consent.flags import OPTINS, Flag, State, to_optins
from dfn_tui.text import _

_WRITES_AT_ONCE = 4
_STANDARD = frozenset(prop.name for prop in VERSION_2.standard_properties)


class V2Api(Client):
    """`dfn_tui.api.calls.UserApi` for version 2."""

    def __init__(
        self,
        transport: Transport,
        policy: RetryPolicy,
        *,
        token: SecretStr,
        export_token: SecretStr | None,
        service_id: str,
        capabilities: Capabilities = VERSION_2,
        limiter: Limiter | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not service_id:
            raise messages.misconfigured(
                _("This API version needs a service id with every request."),
                _("Set service_id for this connection in the configuration."),
            )
        super().__init__(transport, policy, limiter)
        self.capabilities = capabilities
        self._auth = TokenAuth("access_token", token)
        self._query = (("service_id", service_id),)
        self._now = now
        self._may_export = export_token is not None
        export_auth = TokenAuth("Authorization", export_token, "Bearer ") if export_token else None
        self._export = Export(transport, export_auth, service_id, policy)

    async def read_profiles(
        self,
        identities: Sequence[Identity],
        progress: OnProgress = ignore_progress,
        *,
        names: Sequence[str] | None = None,
    ) -> list[Reply]:
        message = _("Version 2 of the API cannot read a single user.")
        return [
            Reply(identity, False, refused=True, code="not-readable", message=message)
            for identity in identities
        ]

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        items = [item for write in writes for item in _profile_items(write, self.capabilities)]
        # Two writes for one user keep their order; different users are written side by side.
        users = {item.identity for item in items}
        width = _WRITES_AT_ONCE if len(users) == len(items) else 1
        replies = await self._batch("/api/v1/user-profile", progress).run(items, VERSION_2.batch_size, width)
        own = {user for write in writes if write.properties.keys() - _STANDARD for user in write.identities}
        words = messages.accepted_unread()
        return [
            reply._replace(message=words) if reply.ok and reply.identity in own else reply
            for reply in replies
        ]

    async def read_ci(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        return [_no_ci(identity) for identity in identities]

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        return [_no_ci(identity) for write in writes for identity in write.identities]

    async def delete_ci(
        self, identities: Sequence[Identity], fields: Sequence[str], progress: OnProgress = ignore_progress
    ) -> list[Reply]:
        return [_no_ci(identity) for identity in identities]

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Reply:
        named = {identity.kind: identity.value}
        for other in others:
            if named.setdefault(other.kind, other.value) != other.value:
                return invalid(identity, other.kind.value)
        item = _item(identity, wire.Change, {"identity": named})
        (reply,) = await self._batch("/api/v1/identities", ignore_progress).run([item], 1)
        return reply

    def export_profiles(
        self,
        names: Sequence[str] | None = None,
        audience: str | None = None,
        progress: OnProgress = ignore_progress,
        *,
        identities: bool = False,
        on_header: Header = any_header,
    ) -> AsyncGenerator[dict[str, str]]:
        """Every user, or those of an audience, with the named properties or all of them, one by one.

        Values are text as the CSV has it. Needs the export token; the server allows 100 exports an hour
        and five at the same time. Raises ApiError from the iteration; close it (`contextlib.aclosing`)
        when it is not read to the end. Progress is reported for waits before the first row only, each of
        which another export follows; `identities` asks for `df_external_id` as the newer documents have it.
        """
        request = wire.ExportProfiles(
            audience=audience,
            properties_condition_type="all" if names is None else "include",
            properties=None if names is None else list(names),
            identities_condition_type="all" if identities else None,
        )

        def tell(attempt: int, wait: float, reason: str) -> None:
            progress(Progress(0, 0, attempt, wait, reason))

        return self._export.rows(request, tell, on_header)

    async def probe(self) -> Probe:
        """Opens an export and reads its first line. The import token is not tested: it only writes."""
        request = wire.ExportProfiles(properties_condition_type="include", properties=[OPTINS[Flag.MKT_PUSH]])
        unproven = _("The import token cannot be tested without writing; the first write tells.")
        try:
            await self._export.header(request)
        except (TokenRejected, Rejected, RateLimited) as exc:
            if self._may_export:
                return Probe(False, (exc.happened, unproven, *probe_lines(self.clock_skew)), exc)
        except ApiError as exc:
            return Probe(False, (exc.happened, *probe_lines(self.clock_skew)), exc)
        if self._may_export:
            found = _("The server accepts the service id and the export token.")
        else:
            found = _("The server answers. Without an export token nothing more can be tested.")
        return Probe(True, (found, unproven, *probe_lines(self.clock_skew)))

    def _batch(self, path: str, progress: OnProgress) -> Batch:
        async def send(items: Sequence[Item]) -> BatchResponse:
            (item,) = items  # the batch size of this API version
            await self._call(path, item.payload)
            return BatchResponse({item.identity.value: Found()})

        return Batch(send, self._requests, progress, write=True)

    async def _call(self, path: str, request: wire.Change) -> None:
        stamped = request.model_copy(update={"request_datetime": wire.timestamp(self._now())})
        response = await self._transport.post(
            Call(path, stamped.body(), self._auth, write=True, query=self._query)
        )
        content = parsed(response, write=True)
        code, message = content.get("code"), content.get("message")
        successful(
            wire.Done,
            response,
            content,
            wire.kind_of(code),
            documented=wire.refuses(code),
            code=self._transport.shown(code if isinstance(code, str) else ""),
            message=self._transport.shown(message if isinstance(message, str) else ""),
            write=True,
        )


def _profile_items(write: ProfileWrite, capabilities: Capabilities) -> list[Item | Reply]:
    """Each user with what is to be written, or the reply that says why nothing can be. The edit is checked
    once for all of them."""
    edit = _properties(write, capabilities)
    if wire.too_many_arrays(write.properties):
        message = _(
            "Not sent: a service has ten properties that are lists of texts at most, and five each that are "
            "lists of whole or of decimal numbers. More would be dropped without a word."
        )
        return [
            Reply(identity, False, refused=True, code="invalid", message=message)
            for identity in write.identities
        ]
    if isinstance(edit, str):
        return [invalid(identity, edit) for identity in write.identities]
    return [
        _item(
            identity,
            wire.WriteProfile,
            {"identity": {identity.kind: identity.value}, "user_properties": edit},
        )
        for identity in write.identities
    ]


def _properties(write: ProfileWrite, capabilities: Capabilities) -> wire.UserPropertiesV2 | str:
    """What is written, consents and all, or the name of the field that cannot be sent."""
    unwritable = [
        flag.value
        for flag, state in write.consents.items()
        if flag not in capabilities.flags or state is State.NEVER_SET
    ]
    # Consents travel as consents only, so that none gets around the rules that guard them.
    unwritable += [name for name in write.properties if name in OPTINS.values()]
    if unwritable:
        return unwritable[0]
    absent = absent_word(write.properties)
    if absent is not None:
        return f"user_properties.{absent}"
    try:
        return wire.UserPropertiesV2.model_validate({**write.properties, **to_optins(write.consents)})
    except ValidationError as exc:
        return field_path(exc, "user_properties", 1)


def _item(identity: Identity, model: type[wire.Change], fields: Mapping[str, Any]) -> Item | Reply:
    if IdentityKind.USER_ID in fields["identity"]:
        return invalid(identity, IdentityKind.USER_ID.value)
    try:
        return Item(identity, model.model_validate({**fields, "request_datetime": ""}))
    except ValidationError as exc:
        return invalid(identity, field_path(exc))


def _no_ci(identity: Identity) -> Reply:
    message = _("Version 2 of the API has no CI fields. The request was not sent.")
    return not_supported(identity, message)
