"""The page of a receipt: whole in itself, and whatever a text holds is text."""

import re

from dfn_tui.service.receipt_page import receipt_page, receipt_sections

RECEIPT = """Consent receipt for user_id <script>alert(1)</script>
Connection here, made 2026-03-03 00:30 KST

mkt_flag (advertising by every channel): withdrawn
  since 2026-03-02 12:00 KST, entry 7, by kim on bastion-1
  ground: "call" & <img src=x onerror=y>
info_flag (informational messages): given
"""


def test_each_consent_has_a_section_with_what_it_rests_on() -> None:
    about, sections = receipt_sections(RECEIPT)
    assert len(about) == 2
    assert [(head[:8], len(lines)) for head, lines in sections] == [("mkt_flag", 2), ("info_fla", 0)]


def test_everything_is_escaped_and_nothing_is_loaded() -> None:
    page = receipt_page([RECEIPT, RECEIPT])
    assert page.count("<article>") == 2
    assert '<html lang="en">' in page
    assert "&lt;script&gt;" in page
    assert "ground: &quot;call&quot; &amp; &lt;img" in page
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    assert tags == {"html", "head", "meta", "title", "style", "body", "article", "h1", "h2", "p", "section"}
    assert not re.search(r"https?:|url\(|@import", page)
    assert "default-src 'none'" in page
