"""Tables laid out for a terminal and for one HTML file: no script, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Final

from secure_rag.evaluation.tables import Table

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#111;--paper:#fff;--soft:#444;--line:#999;--grid:#ccc;
--fill:#4a6fa5;--whisker:#111}
@media (prefers-color-scheme:dark){:root{--ink:#e8e8e8;--paper:#16181b;--soft:#b5b5b5;
--line:#666;--grid:#3a3d42;--fill:#7fa3d8;--whisker:#fff}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:72rem;margin:2rem auto;padding:0 1rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
.t{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0}
caption{text-align:left;font-weight:600;font-size:1.15rem;padding:.6rem 0}
th,td{border-bottom:1px solid var(--line);padding:.2rem .6rem;text-align:right;white-space:nowrap}
th{border-bottom:2px solid var(--ink);vertical-align:bottom}
.w{text-align:left;white-space:normal}
.n{color:var(--soft);font-size:.9rem;margin:0 0 1.5rem}
.v{border-left:4px solid var(--fill);padding:.2rem 1rem;margin:1rem 0}
.v p{margin:.3rem 0}
figure{margin:1rem 0}
figcaption{color:var(--soft);font-size:.9rem}
svg{max-width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
.line{stroke:var(--ink)}.grid{stroke:var(--grid)}
.bar{fill:var(--fill);stroke:var(--ink)}.pale{fill:none;stroke:var(--ink)}
.whisker{stroke:var(--whisker);stroke-width:1.5}
@media print{:root{--ink:#111;--paper:#fff;--soft:#333;--line:#999;--grid:#ccc;--fill:#aaa;
--whisker:#111}body{margin:0;max-width:none}table,figure{page-break-inside:avoid}}
"""


def page(title: str, body: str) -> str:
    """Return a page that a browser lets load nothing."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def html_table(table: Table) -> str:
    """Return a table with its caption and note."""

    def cell(tag: str, column: int, text: str) -> str:
        kind = ' class="w"' if column < table.words else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{kind}{scope}>{escape(printable(text))}</{tag}>"

    head = "".join(cell("th", column, text) for column, text in enumerate(table.header))
    rows = "".join(
        "<tr>" + "".join(cell("td", column, text) for column, text in enumerate(row)) + "</tr>\n"
        for row in table.rows
    )
    note = f'<p class="n">{escape(table.note)}</p>\n' if table.note else ""
    return (
        f'<div class="t"><table>\n<caption>{escape(table.title)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table></div>\n{note}"
    )


def printable(text: str) -> str:
    """Return text without control and format characters, on one line."""
    return "".join(
        character if unicodedata.category(character)[0] != "C" else " " for character in text
    )


def laid_out(table: Table) -> str:
    """Return a table in columns of characters."""
    rows = [table.header, *[tuple(printable(cell) for cell in row) for row in table.rows]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    lines = [table.title.upper()]
    lines += [_line(row, widths, table.words) for row in rows]
    if table.note:
        lines.append(f"({table.note})")
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], words: int) -> str:
    cells = [
        cell.ljust(width) if column < words else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
