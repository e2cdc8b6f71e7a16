"""A receipt to print or to send: one HTML file that needs nothing else, and runs nothing."""

from collections.abc import Iterator, Sequence
from html import escape

from dfn_tui.text import _, sanitize, spoken

_STYLE = """
body { font: 11pt/1.5 system-ui, "Noto Sans KR", sans-serif; color: #1f2530;
  max-width: 44em; margin: 2em auto; }
h1 { font-size: 15pt; margin: 0 0 .2em; } h2 { font-size: 11pt; margin: 0; } p { margin: 0; }
section { border-top: 1px solid #c5cbd3; padding: .6em 0; break-inside: avoid; }
.about, section p { color: #5b6675; overflow-wrap: anywhere; }
article + article { break-before: page; margin-top: 3em; }
@page { margin: 20mm; }
"""


def is_page_name(path: str) -> bool:
    """Whether a file of that name is a page."""
    return path.strip().lower().endswith((".html", ".htm"))


def receipt_sections(receipt: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """A receipt's first lines, and for each consent its line and what stands below it."""
    head, _blank, body = receipt.partition("\n\n")
    consents, _blank, rest = body.partition("\n\n")
    sections: list[tuple[str, list[str]]] = []
    for line in consents.splitlines():
        if line.startswith("  ") and sections:
            sections[-1][1].append(line.strip())
        elif line:
            sections.append((line, []))
    return [line for line in (*head.splitlines(), *rest.splitlines()) if line], sections


def receipt_page(receipts: Sequence[str]) -> str:
    """The receipts as one page of HTML, each on a sheet of its own."""
    return "\n".join(_page(receipts)) + "\n"


def _page(receipts: Sequence[str]) -> Iterator[str]:
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'"  # whatever a text holds, nothing is loaded or run
    )
    yield f'<!DOCTYPE html>\n<html lang="{spoken()}">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield f"<title>{_text(_('Consent receipt'))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    for receipt in receipts:
        about, sections = receipt_sections(receipt)
        yield f"<article>\n<h1>{_text(about[0] if about else '')}</h1>"
        yield from (f'<p class="about">{_text(line)}</p>' for line in about[1:])
        for head, lines in sections:
            yield f"<section>\n<h2>{_text(head)}</h2>"
            yield from (f"<p>{_text(line)}</p>" for line in lines)
            yield "</section>"
        yield "</article>"
    yield "</body>\n</html>"


def _text(line: str) -> str:
    return escape(sanitize(line), quote=True)
