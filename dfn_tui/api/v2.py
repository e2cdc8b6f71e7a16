"""Generation 2's client: one user a request, named by any of five identities; no reading of one user.

Rests on DFINERY's documentation of the import and export APIs (`https://openapi.dfinery.ai`).
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr, ValidationError

from dfn_tui.api import v2_models as wire
from dfn_tui.api import words
from dfn_tui.api.answers import field_path, parsed, successful
from dfn_tui.api.batch import Batch, Found, Item, Said
from dfn_tui.api.calls import (
    CiWrite,
    OnProgress,
    Outcome,
    Probe,
    ProfileWrite,
    Progress,
    Status,
    ignore_progress,
)
from dfn_tui.api.capabilities import GENERATION_2
from dfn_tui.api.errors import ApiError, RateLimited, Rejected, TokenRejected
from dfn_tui.api.export import Export
from dfn_tui.api.probing import probe_lines
from dfn_tui.api.requests import invalid
from dfn_tui.api.retry import RetryPolicy
from dfn_tui.api.transport import Call, TokenHeader, Transport
from dfn_tui.api.types import Capabilities, Identity, IdentityKind
from dfn_tui.consent.flags import State
from dfn_tui.consent.generation2 import OPTINS, to_optins
from dfn_tui.text import _

_WRITES_AT_ONCE = 4


class V2Api:
    """`dfn_tui.api.calls.UserApi` for generation 2. Owns the transport."""

    def __init__(
        self,
        transport: Transport,
        policy: RetryPolicy,
        *,
        token: SecretStr,
        export_token: SecretStr | None,
        service_id: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not service_id:
            raise words.misconfigured(
                _("This generation of the product needs a service id with every request."),
                _("Set service_id for this connection in the configuration."),
            )
        self._transport = transport
        self._auth = TokenHeader("access_token", token)
        self._service_id = service_id
        self._policy = policy
        self._now = now
        self._may_export = export_token is not None
        export_auth = TokenHeader("Authorization", export_token, "Bearer ") if export_token else None
        self._export = Export(transport, export_auth, service_id, policy)

    @property
    def capabilities(self) -> Capabilities:
        return GENERATION_2

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
        message = _("Generation 2 of the product cannot read a single user.")
        return [Outcome(identity, Status.FAILED, "not-readable", message) for identity in identities]

    async def write_profiles(
        self, writes: Sequence[ProfileWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        # Two writes for one user keep their order; different users are written side by side.
        users = {write.identity for write in writes}
        width = _WRITES_AT_ONCE if len(users) == len(writes) else 1
        items = [self._profile_item(write) for write in writes]
        return await self._batch("/api/v1/user-profile", progress).run(items, GENERATION_2.batch_size, width)

    async def read_ci(
        self, identities: Sequence[Identity], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        return [_no_ci(identity) for identity in identities]

    async def write_ci(
        self, writes: Sequence[CiWrite], progress: OnProgress = ignore_progress
    ) -> list[Outcome]:
        return [_no_ci(write.identity) for write in writes]

    async def delete_ci(
        self,
        identities: Sequence[Identity],
        fields: Sequence[str],
        progress: OnProgress = ignore_progress,
    ) -> list[Outcome]:
        return [_no_ci(identity) for identity in identities]

    async def link(self, identity: Identity, others: Sequence[Identity]) -> Outcome:
        named = {identity.kind: identity.value}
        for other in others:
            if named.setdefault(other.kind, other.value) != other.value:
                return invalid(identity, other.kind.value)
        item = self._item(identity, wire.Change, {"identity": named})
        batch = self._batch("/api/v1/identities", ignore_progress)
        (outcome,) = await batch.run([item], GENERATION_2.batch_size)
        return outcome

    def export_profiles(
        self,
        names: Sequence[str] | None = None,
        audience: str | None = None,
        progress: OnProgress = ignore_progress,
    ) -> AsyncGenerator[dict[str, str]]:
        """Every user, or those of an audience, with the named properties or all of them, one by one.

        Values are text as the CSV has it. Needs the export token; the server allows 100 exports an hour
        and five at the same time. Raises ApiError from the iteration; close it (`contextlib.aclosing`)
        when it is not read to the end. Progress is reported for waits before the first row only.
        """
        request = wire.ExportProfiles(
            audience=audience,
            properties_condition_type="all" if names is None else "include",
            properties=None if names is None else list(names),
        )
        return self._export.rows(
            request, lambda attempt, wait, reason: progress(Progress(0, 0, attempt, wait, reason))
        )

    async def probe(self) -> Probe:
        """Opens an export and reads its first line. The import token is not tested: it only writes."""
        request = wire.ExportProfiles(
            properties_condition_type="include", properties=[next(iter(OPTINS.values()))]
        )
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

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _batch(self, path: str, progress: OnProgress) -> Batch:
        async def send(items: Sequence[Item]) -> Said:
            (item,) = items  # the batch size of this generation
            await self._call(path, item.payload)
            return Said({item.identity.value: Found()})

        return Batch(send, self._policy, progress, write=True)

    def _profile_item(self, write: ProfileWrite) -> Item | Outcome:
        unwritable = [
            flag.value
            for flag, state in write.consents.items()
            if flag not in OPTINS or state is State.NEVER_SET
        ]
        # Consents travel as consents only, so that none gets around the rules that guard them.
        unwritable += [name for name in write.properties if name in OPTINS.values()]
        if unwritable:
            return invalid(write.identity, unwritable[0])
        properties = {**write.properties, **to_optins(write.consents)}
        fields = {"identity": {write.identity.kind: write.identity.value}, "user_properties": properties}
        return self._item(write.identity, wire.WriteProfile, fields)

    def _item(
        self, identity: Identity, model: type[wire.Change], fields: Mapping[str, Any]
    ) -> Item | Outcome:
        if IdentityKind.USER_ID in fields["identity"]:
            return invalid(identity, IdentityKind.USER_ID.value)
        try:
            request = model.model_validate({**fields, "request_datetime": wire.timestamp(self._now())})
        except ValidationError as exc:
            return invalid(identity, field_path(exc))
        return Item(identity, request)

    async def _call(self, path: str, request: wire.Change) -> None:
        stamped = request.model_copy(update={"request_datetime": wire.timestamp(self._now())})
        answer = await self._transport.post(
            Call(path, stamped.body(), self._auth, write=True, query={"service_id": self._service_id})
        )
        content = parsed(answer, write=True)
        code, message = content.get("code"), content.get("message")
        shown = self._transport.shown(message if isinstance(message, str) else "")
        known = self._transport.shown(code if isinstance(code, str) else "")
        kind = wire.kind_of(code)
        successful(wire.Done, answer, content, kind, code=known, message=shown, write=True)


def _no_ci(identity: Identity) -> Outcome:
    message = _("Generation 2 of the product has no CI fields. Nothing was changed.")
    return Outcome(identity, Status.FAILED, "not-supported", message)
