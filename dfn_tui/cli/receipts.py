"""`dfn-tui receipt`: what each consent of a user is, since when, on what ground and by whom."""

import argparse
import asyncio

from dfn_tui.cli.exit_codes import ExitCode
from dfn_tui.cli.ids import STDIN, identities, one_id
from dfn_tui.cli.output import json_line, say, write_lines
from dfn_tui.cli.session import opened, server_progress
from dfn_tui.service.export import export, require_room
from dfn_tui.service.receipt import make_receipt
from dfn_tui.service.receipt_page import is_page_name, receipt_page, receipt_sections
from dfn_tui.service.session import Session
from dfn_tui.service.types import Identity
from dfn_tui.text import _, sanitize


def receipt(args: argparse.Namespace) -> int:
    """Shows a user's receipt, or writes it to a new file; returns an `ExitCode`. Raises `ConsoleError`."""
    if args.output != STDIN:
        require_room(args.output)
    with opened(args) as (session, runner):
        [user] = identities((one_id(args.user),), args.kind, session.capabilities)
        form = args.format or ("html" if is_page_name(args.output) else "text")
        text = _in_form(form, user, runner.run(_made(session, user, for_person=form == "html")))
    if args.output == STDIN:
        write_lines(text.splitlines())
        return ExitCode.DONE
    place = asyncio.run(asyncio.to_thread(export, args.output, lambda file: file.write(text)))
    say(_("Written to {path}.").format(path=sanitize(str(place), 200)))
    return ExitCode.DONE


def _in_form(form: str, user: Identity, receipt: str) -> str:
    if form == "html":
        return receipt_page([receipt])
    if form == "json":
        about, sections = receipt_sections(receipt)
        consents = [{"consent": head, "facts": lines} for head, lines in sections]
        kind, value = user.kind.value, user.value
        return json_line({"kind": kind, "user_id": value, "about": about, "consents": consents}) + "\n"
    return receipt


async def _made(session: Session, user: Identity, *, for_person: bool) -> str:
    async with server_progress(beside_data=True):
        return await make_receipt(session, user, for_person=for_person)
