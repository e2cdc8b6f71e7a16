"""Version 2's export of user profiles: the only way to read there, and one for many users at once.

Rests on DFINERY's documentation of the export API: a CSV whose first line names the properties, with
`df_unified_id` always among them.
"""

import codecs
import csv
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

from dfn_tui.api import messages
from dfn_tui.api.answers import checked, error_of, parsed
from dfn_tui.api.encoding import decoded
from dfn_tui.api.errors import AnswerUnreadable, ApiError
from dfn_tui.api.pool import SentFlag
from dfn_tui.api.retry import RetryPolicy, RetryState, TellWait, worth_retrying
from dfn_tui.api.transport import FAULTS, Call, Response, TokenAuth, Transport
from dfn_tui.api.v2_models import EXPORT_KINDS, ExportFailed, ExportProfiles
from dfn_tui.text import _

UNIFIED_ID = "df_unified_id"
_PATH = "/api/v1/export/userprofile"
_LONGEST_RECORD = 1024 * 1024
_SILENCE = 300.0
"""Seconds the server may think about an export: it looks at everybody before the first line."""
Header = Callable[[Sequence[str]], None]
"""Told the names of the columns before the first row; what it raises ends the export."""


def any_header(_names: Sequence[str]) -> None:
    """For whom every set of columns is right."""


class Export:
    """Exports over one connection. Without a token the server can only be asked whether it is there."""

    def __init__(
        self, transport: Transport, auth: TokenAuth | None, service_id: str, policy: RetryPolicy
    ) -> None:
        self._transport = transport
        self._auth = auth
        self._service_id = service_id
        self._policy = policy

    async def rows(
        self, request: ExportProfiles, tell: TellWait, on_header: Header = any_header
    ) -> AsyncGenerator[dict[str, str]]:
        """The users one by one, as the server sends them: property name to its text in the CSV.

        Tried again only while nothing has been given out. Raises ApiError, in the middle too: what came
        before it is then a part of the whole.
        """
        if self._auth is None:
            raise messages.misconfigured(
                _("An export needs the export token, and there is none for this connection."),
                _("Give it: dfn-tui auth set --kind export"),
            )
        state = RetryState(self._policy, tell)
        began = False
        while True:
            try:
                async with aclosing(self._records(request)) as records:
                    header: list[str] = await anext(records, [])
                    self._check(header)
                    on_header(header)
                    async for record in records:
                        if len(record) != len(header):
                            raise messages.answer_unreadable("field", write=False)
                        began = True
                        yield dict(zip(header, record, strict=True))
                    return
            except ApiError as exc:
                again = not began and worth_retrying(exc, self._policy, write=False)
                if not again or not await state.after(exc):
                    raise

    async def header(self, request: ExportProfiles) -> list[str]:
        """The names an export would have; the rest of it is not read. Raises ApiError."""
        async with aclosing(self._records(request)) as records:
            header: list[str] = await anext(records, [])
        self._check(header)
        return header

    def _check(self, header: Sequence[str]) -> None:
        if UNIFIED_ID not in header or len(set(header)) != len(header):
            raise messages.answer_unreadable("field", write=False, field=UNIFIED_ID)

    async def _records(self, request: ExportProfiles) -> AsyncGenerator[list[str]]:
        query = (("service_id", self._service_id),)
        call = Call(_PATH, request.body(), self._auth, query=query, read=_SILENCE)
        sent = SentFlag()
        try:
            async with self._transport.open(call, sent) as response:
                if response.status_code != 200 or "json" in response.headers.get("content-type", ""):
                    raise self._failure(await self._transport.whole(response, write=False))
                if not {"content-length", "transfer-encoding"} & response.headers.keys():
                    # It ends where the connection does: one that was cut short would pass for the whole.
                    raise messages.answer_unreadable("field", write=False, field="Content-Length")
                parts = decoded(response, write=False)
                async with aclosing(parts), aclosing(_records_of(parts)) as records:
                    async for record in records:
                        yield record
        except FAULTS as exc:
            error = self._transport.error_for(exc, call, sent)
        else:
            return
        raise error

    def _failure(self, response: Response) -> ApiError:
        try:
            failed = checked(ExportFailed, parsed(response, write=False), write=False)
        except AnswerUnreadable as exc:
            return error_of(response, ApiError, "", "", documented=False, write=False) or exc
        kind = EXPORT_KINDS.get(failed.message, ApiError)
        message = self._transport.shown(failed.message)
        error = error_of(response, kind, message, message, documented=False, write=False)
        return error or messages.answer_unreadable("malformed", write=False)


async def _records_of(parts: AsyncIterator[bytes]) -> AsyncGenerator[list[str]]:
    """The records of a CSV. A line break inside quotes does not end one. Raises AnswerUnreadable."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    record = rest = ""
    try:
        async for part in parts:
            *lines, rest = (rest + decoder.decode(part)).split("\n")
            for line in lines:
                record += line + "\n"
                if record.count('"') % 2 == 0:
                    if record.strip():
                        yield next(csv.reader([record], strict=True))
                    record = ""
            if len(record) + len(rest) > _LONGEST_RECORD:
                raise messages.answer_unreadable("too-large", write=False)
        rest = record + rest + decoder.decode(b"", final=True)
        if rest.strip():
            yield next(csv.reader([rest], strict=True))
    except (UnicodeDecodeError, csv.Error):
        error = messages.answer_unreadable("malformed", write=False)
    else:
        return
    raise error
