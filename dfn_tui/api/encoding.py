"""An answer's content without its encoding. None is asked for; something in between may put one on."""

import asyncio
import zlib
from collections.abc import AsyncGenerator

import httpx

from dfn_tui.api import messages
from dfn_tui.text import sanitize

_PIECE = 64 * 1024


async def decoded(response: httpx.Response, *, write: bool) -> AsyncGenerator[bytes]:
    """The content of an open answer, in pieces of a bounded size whatever they would grow to.

    Raises AnswerUnreadable naming an encoding that is not known or is put on twice, and DecodingError for
    content that is not whole. A failure with such an encoding has no content: its status says enough.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        async for part in response.aiter_raw():
            yield part
    elif encoding in ("gzip", "x-gzip", "deflate"):
        async for part in _inflated(response):
            yield part
    elif response.status_code < 400:
        raise messages.answer_encoded(sanitize(encoding, 40), write=write)


async def _inflated(response: httpx.Response) -> AsyncGenerator[bytes]:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip and deflate alike
    came = False
    try:
        async for part in response.aiter_raw():
            came, rest = True, part
            while piece := inflate.decompress(rest, _PIECE):
                yield piece
                rest = inflate.unconsumed_tail
                await asyncio.sleep(0)  # so that it can be broken off
            if inflate.unused_data:
                break
    except zlib.error as exc:
        raise httpx.DecodingError("") from exc
    if came and (not inflate.eof or inflate.unused_data):
        raise httpx.DecodingError("")  # cut off, or something follows that would be missing
