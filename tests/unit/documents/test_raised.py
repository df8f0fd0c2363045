"""A raised figure (a footnote mark, a power) stays apart from the figure before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest

from secure_rag.documents.loading import load
from secure_rag.documents.raised import Joint, is_apart, is_up
from secure_rag.values import RawDocument
from tests.assets.builders import build
from tests.assets.containers import packed, unpacked
from tests.unit.documents.test_breaks import contents

Run = tuple[str, bool]
"""Text, and whether it is raised."""
Read = Callable[[Iterable[Run]], RawDocument]
"""Writes runs into a document, and reads it."""

RUNS: list[tuple[tuple[Run, ...], str]] = [
    ((("The fee is 500", False), ("1", True), (" a month", False)), "The fee is 500 1 a month"),
    ((("The fee is 500", False), ("1", True), ("2", True)), "The fee is 500 12"),
    ((("in 2019", False), ("2", True), (" and 10", False), ("6", True)), "in 2019 2 and 10 6"),
    ((("The fee is 500", False), (" 1", True)), "The fee is 500 1"),
    ((("The fee is 500 ", False), ("1", True)), "The fee is 500 1"),
    ((("The fee is 500", False), ("(1)", True)), "The fee is 500 (1)"),
    ((("about 10", False), ("-6", True), (" g", False)), "about 10 -6 g"),
    ((("on the 1", False), ("st", True), (" of May", False)), "on the 1st of May"),
    ((("M", False), ("me", True), (" Roy", False)), "Mme Roy"),
    ((("of 30 m", False), ("2", True)), "of 30 m2"),
    ((("in 20", False), ("19", False)), "in 2019"),
    ((("in ", False), ("20", True), ("19", True)), "in 2019"),
]
"""Runs of a line, and how the line is read."""


@pytest.mark.parametrize(
    ("before", "raised", "expected"),
    [
        ("500", "1", True),
        ("500", "*", True),
        ("1", "st", False),
        ("m", "2", False),
        ("500 ", "1", False),
        ("500", " 1", False),
        ("500", "", False),
        ("", "1", False),
    ],
)
def test_is_apart_figure_after_a_figure(before: str, raised: str, expected: bool) -> None:
    assert is_apart(before, raised) is expected


@pytest.mark.parametrize("raise_by", ["6", "+6", "0.5pt", "30000", "33%"])
def test_is_up_above_nothing(raise_by: str) -> None:
    assert is_up(raise_by)


@pytest.mark.parametrize("raise_by", ["0", "0%", "0.0pt", "-6", "-33%", "", "x"])
def test_is_up_nothing_or_below(raise_by: str) -> None:
    assert not is_up(raise_by)


def test_take_pieces_without_text_change_nothing() -> None:
    joint = Joint()
    pieces = (("500", False), ("", True), ("", False), ("1", True), ("", False), ("2", True))
    assert "".join(joint.take(piece, is_raised=up) for piece, up in pieces) == "500 12"


def changed(kind: str, *changes: tuple[str, str, str]) -> RawDocument:
    """Return what is read of a file after changes: a part, and a piece of XML that is another."""
    parts = unpacked(build(kind, {"body": "Body"}))
    for part, old, new in changes:
        content = parts[part].decode()
        assert content.count(old) == 1
        parts[part] = content.replace(old, new).encode()
    return load(packed(parts), f"a.{kind}")


def word(raising: str, *, place: str = "<w:p>{}</w:p>", styles: str = "") -> Read:
    """Raise runs of Word by properties."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(
            f"<w:r><w:rPr>{raising if is_raised else ''}</w:rPr>"
            f'<w:t xml:space="preserve">{content}</w:t></w:r>'
            for content, is_raised in runs
        )
        return changed(
            "docx",
            ("word/document.xml", "<w:sectPr/>", f"{place.format(inner)}<w:sectPr/>"),
            ("word/styles.xml", "</w:styles>", f"{styles}</w:styles>"),
        )

    return read


def word_style(name: str, properties: str, base: str = "") -> str:
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return (
        f'<w:style w:type="character" w:styleId="{name}">{based}'
        f"<w:rPr>{properties}</w:rPr></w:style>"
    )


SUPER = '<w:vertAlign w:val="superscript"/>'
STYLED = '<w:rStyle w:val="Mark"/>'
MARK = word_style("Mark", "<w:b/>", "Note") + word_style("Note", SUPER)
LEVEL_MARK = word_style("Mark", '<w:vertAlign w:val="baseline"/>', "Note") + word_style(
    "Note", SUPER
)


def word_formula(runs: Iterable[Run]) -> RawDocument:
    inner = ""
    for content, is_raised in runs:
        run = f"<m:r><m:t>{content}</m:t></m:r>"
        inner += f"<m:sup>{run}</m:sup>" if is_raised else run
    name = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    formula = f"<w:p><m:oMath {name}>{inner}</m:oMath></w:p><w:sectPr/>"
    return changed("docx", ("word/document.xml", "<w:sectPr/>", formula))


def slide(raising: str, kind: str = "r") -> Read:
    """Raise runs of a shape on a slide."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(
            f"<a:{kind}><a:rPr {raising if is_raised else ''}/><a:t>{content}</a:t></a:{kind}>"
            for content, is_raised in runs
        )
        return changed("pptx", ("ppt/slides/slide1.xml", "<a:r><a:t>Body</a:t></a:r>", inner))

    return read


def markdown(place: str) -> Read:
    """Raise runs by a tag in Markdown."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(f"<sup>{content}</sup>" if up else content for content, up in runs)
        return load(place.replace("@", inner).encode(), "a.md")

    return read


def sheet(raising: str) -> Read:
    """Raise runs of a cell of a workbook."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(
            f"<r><rPr>{raising if is_raised else ''}</rPr><t>{content}</t></r>"
            for content, is_raised in runs
        )
        return changed("xlsx", ("xl/worksheets/sheet1.xml", "<t>Body</t>", inner))

    return read


def open_style(name: str, position: str, parent: str = "") -> str:
    place = f'style:text-position="{position}"' if position else ""
    return (
        f'<style:style style:name="{name}" style:family="text" style:parent-style-name="{parent}">'
        f"<style:text-properties {place}/></style:style>"
    )


def open_document(kind: str, styles: str, others: str = "") -> Read:
    """Raise spans of an OpenDocument file by the style `T1`, with styles of the other part."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(
            f'<text:span text:style-name="T1">{content}</text:span>' if is_raised else content
            for content, is_raised in runs
        )
        paragraph = "<text:p>Lamp 7</text:p>" if kind == "odt" else "<text:p>Body</text:p>"
        return changed(
            kind,
            ("content.xml", "<office:automatic-styles>", f"<office:automatic-styles>{styles}"),
            ("content.xml", paragraph, f"<text:p>{inner}</text:p>"),
            ("styles.xml", "<office:master-styles>", f"{others}<office:master-styles>"),
        )

    return read


def open_margin(styles: str, others: str) -> Read:
    """Raise spans of a footer by the style `T1`, with styles of the other part."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(
            f'<text:span text:style-name="T1">{content}</text:span>' if is_raised else content
            for content, is_raised in runs
        )
        old = "<style:footer><text:p></text:p>"
        return changed(
            "odt",
            ("styles.xml", old, f"<style:footer><text:p>{inner}</text:p>"),
            ("styles.xml", "<office:master-styles>", f"{styles}<office:master-styles>"),
            ("content.xml", "<office:automatic-styles>", f"<office:automatic-styles>{others}"),
        )

    return read


def rich_text(start: str, end: str, place: str = r"\pard @\par") -> Read:
    """Raise runs of RTF between control words."""

    def read(runs: Iterable[Run]) -> RawDocument:
        inner = "".join(f"{start}{content}{end}" if up else content for content, up in runs)
        content = r"{\rtf1\ansi\deff0" + place.replace("@", inner) + "}"
        return load(content.encode("ascii"), "a.rtf")

    return read


RAISED: dict[str, Read] = {
    "word": word(SUPER),
    "word by position": word('<w:position w:val="6"/>'),
    "word by style": word(STYLED, styles=MARK),
    "word over its style": word(STYLED + SUPER, styles=LEVEL_MARK),
    "word in a cell": word(SUPER, place="<w:tbl><w:tr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl>"),
    "word inserted": word(SUPER, place='<w:p><w:ins w:author="A">{}</w:ins></w:p>'),
    "word hidden": word(SUPER, place="<w:p><w:pPr><w:vanish/></w:pPr>{}</w:p>"),
    "word formula": word_formula,
    "slide": slide('baseline="30000"'),
    "slide by share": slide('baseline="30%"'),
    "slide field": slide('baseline="30000"', "fld"),
    "sheet": sheet('<vertAlign val="superscript"/>'),
    "odt": open_document("odt", open_style("T1", "super 58%")),
    "odt by share": open_document("odt", open_style("T1", "33% 58%")),
    "odt by parent": open_document(
        "odt", open_style("T1", "", "Mark"), open_style("Mark", "super")
    ),
    "odt over the other part": open_document(
        "odt", open_style("T1", "super"), open_style("T1", "0% 100%")
    ),
    "odt footer": open_margin(open_style("T1", "super"), open_style("T1", "0% 100%")),
    "odp": open_document("odp", open_style("T1", "super 58%")),
    "ods": open_document("ods", open_style("T1", "super 58%")),
    "markdown": markdown("@\n"),
    "markdown cell": markdown("|Note|\n|-|\n|@|\n|x|\n"),
    "rtf group": rich_text(r"{\super ", "}"),
    "rtf words": rich_text(r"\super ", r"\nosupersub "),
    "rtf plain": rich_text(r"\super ", r"\plain "),
    "rtf up": rich_text(r"{\up6\fs14 ", "}"),
    "rtf up and back": rich_text(r"\up ", r"\up0 "),
    "rtf hidden": rich_text(r"{\super ", "}", r"\pard Body{\v @}\par"),
    "rtf header": rich_text(r"{\super ", "}", r"{\header @\par}\pard Body\par"),
    "rtf note": rich_text(r"{\super ", "}", r"\pard Body{\super{\footnote @}}\par"),
}
"""Ways to raise a run."""
NOT_RAISED: dict[str, Read] = {
    "word": word(""),
    "word lowered": word('<w:vertAlign w:val="subscript"/>'),
    "word lowered by position": word('<w:position w:val="-6"/>'),
    "word over its style": word(STYLED + '<w:vertAlign w:val="baseline"/>', styles=MARK),
    "word style over its base": word(STYLED, styles=LEVEL_MARK),
    "slide lowered": slide('baseline="-25000"'),
    "slide": slide('baseline="0"'),
    "sheet lowered": sheet('<vertAlign val="subscript"/>'),
    "odt lowered": open_document("odt", open_style("T1", "sub 58%")),
    "odt lowered by share": open_document("odt", open_style("T1", "-33% 58%")),
    "odt over its parent": open_document(
        "odt", open_style("T1", "0% 100%", "Mark"), open_style("Mark", "super")
    ),
    "odt over the other part": open_document(
        "odt", open_style("T1", ""), open_style("T1", "super")
    ),
    "odt footer": open_margin(open_style("T1", ""), open_style("T1", "super")),
    "odt parents in a circle": open_document("odt", open_style("T1", "", "T1")),
    "rtf lowered": rich_text(r"{\sub ", "}"),
    "rtf down": rich_text(r"{\dn6 ", "}"),
    "rtf lowered after raised": rich_text(r"{\super\sub ", "}"),
    "rtf down after raised": rich_text(r"{\super\dn6 ", "}"),
    "rtf off": rich_text(r"{\super0 ", "}"),
    "rtf after a group": rich_text(r"{\super}", ""),
}
"""Ways not to raise it."""


def reads(document: RawDocument, line: str) -> bool:
    """Tell whether a line was read, or a value of a row."""
    return (
        re.search(rf"(?:^|[ ;]){re.escape(line)}(?:$|;)", document.text, re.MULTILINE) is not None
    )


@pytest.mark.parametrize("runs", RUNS, ids=range(len(RUNS)))
@pytest.mark.parametrize("way", RAISED)
def test_load_raised_figure_is_apart(way: str, runs: tuple[tuple[Run, ...], str]) -> None:
    assert reads(RAISED[way](runs[0]), runs[1])


@pytest.mark.parametrize("way", NOT_RAISED)
def test_load_figure_in_runs_that_are_not_raised_is_one(way: str) -> None:
    assert reads(NOT_RAISED[way]((("in 20", False), ("19", True), ("0", False))), "in 20190")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("The fee is 500<sup>1</sup> a month", "The fee is 500 1 a month"),
        ("The fee is **500**<sup>*1*</sup>", "The fee is 500 1"),
        ("<p>The fee is <b>500</b><sup>1</sup></p>", "The fee is 500 1"),
        ("on the 1<sup>**st**</sup> of May", "on the 1st of May"),
        ("500<sup>1<br>2</sup> 600<SUP class='a>b'>2</SUP>", "500 1\n2 600 2"),
    ],
    ids=range(5),
)
def test_load_markdown_raised_figure_is_read_once(content: str, expected: str) -> None:
    document = load(content.encode(), "a.md")
    assert contents(document) == [expected]
    assert "hidden_text" not in document.flags
