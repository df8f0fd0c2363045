"""Build ODT, ODS and ODP files that hold one given value per field."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from tests.assets.containers import packed

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = " ".join(
    (
        *(
            f'xmlns:{prefix}="{_OASIS}:{name}:1.0"'
            for prefix, name in (
                ("office", "office"),
                ("text", "text"),
                ("table", "table"),
                ("style", "style"),
                ("draw", "drawing"),
                ("meta", "meta"),
                ("presentation", "presentation"),
                ("svg", "svg-compatible"),
            )
        ),
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"',
    )
)
_META_FIELDS = {
    "title": "title",
    "author": "author",
    "first_author": "author",
    "subject": "metadata",
    "keywords": "metadata",
    "custom": "metadata",
}
ODT_FIELDS = {
    **_META_FIELDS,
    "body": "body",
    "heading": "body",
    "list_item": "body",
    "cell": "body",
    "header": "header",
    "footer": "footer",
    "footnote": "body",
    "comment": "comment",
    "comment_author": "author",
    "deleted": "hidden",
    "change_author": "author",
    "hidden": "hidden",
    "hidden_style": "hidden",
    "text_box": "body",
    "link": "link",
    "alt": "body",
}
ODS_FIELDS = {
    **_META_FIELDS,
    "body": "body",
    "sheet": "body",
    "column": "body",
    "cell": "body",
    "comment": "comment",
    "comment_author": "author",
    "hidden": "hidden",
    "link": "link",
}
ODP_FIELDS = {
    **_META_FIELDS,
    "body": "body",
    "heading": "body",
    "notes": "body",
    "comment": "comment",
    "comment_author": "author",
    "hidden": "hidden",
    "alt": "body",
}
_HIDING = (
    '<style:style style:name="Gone"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Off"><style:drawing-page-properties '
    'presentation:visibility="hidden"/></style:style>'
    '<style:style style:name="NoTable"><style:table-properties table:display="false"/>'
    "</style:style>"
)


def _p(content: str) -> str:
    return f"<text:p>{escape(content)}</text:p>"


def _annotation(values: Mapping[str, str]) -> str:
    return (
        f"<office:annotation><dc:creator>{escape(values.get('comment_author', ''))}</dc:creator>"
        f"<dc:date>2026-01-05</dc:date>{_p(values.get('comment', ''))}</office:annotation>"
    )


def _file(kind: str, body: str, values: Mapping[str, str]) -> bytes:
    meta = (
        f"<dc:title>{escape(values.get('title', ''))}</dc:title>"
        f"<dc:creator>{escape(values.get('author', ''))}</dc:creator>"
        f"<meta:initial-creator>{escape(values.get('first_author', ''))}</meta:initial-creator>"
        f"<dc:subject>{escape(values.get('subject', ''))}</dc:subject>"
        f"<meta:keyword>{escape(values.get('keywords', ''))}</meta:keyword>"
        f'<meta:user-defined meta:name="Client">{escape(values.get("custom", ""))}'
        "</meta:user-defined>"
    )
    margins = (
        f"<style:header>{_p(values.get('header', ''))}</style:header>"
        f"<style:footer>{_p(values.get('footer', ''))}</style:footer>"
    )
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {_NAMES}><office:automatic-styles>{_HIDING}"
            f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
            "</office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {_NAMES}><office:master-styles>"
            f"<style:master-page>{margins}</style:master-page></office:master-styles>"
            "</office:document-styles>",
            "meta.xml": f"<office:document-meta {_NAMES}><office:meta>{meta}</office:meta>"
            "</office:document-meta>",
        }
    )


def odt(values: Mapping[str, str]) -> bytes:
    """Return a text document."""
    v = {name: escape(value) for name, value in values.items()}
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><office:change-info>"
        f"<dc:creator>{v['change_author']}</dc:creator></office:change-info>"
        f"<text:p>{v['deleted']}</text:p></text:deletion></text:changed-region>"
        "</text:tracked-changes>"
        f'<text:h text:outline-level="1">{v["heading"]}</text:h>'
        f'<text:p>Text<text:s text:c="2"/><text:span>before</text:span> {v["body"]}'
        f"<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>"
        f"{v['footnote']}</text:p></text:note-body></text:note>{_annotation(values)}"
        f'<text:span text:style-name="Gone">{v["hidden_style"]}</text:span>'
        f"<text:hidden-text text:string-value={quoteattr(values['hidden'])}/>"
        f"<text:a xlink:href={quoteattr(values['link'])}>after</text:a></text:p>"
        f"<text:list><text:list-item><text:p>{v['list_item']}</text:p></text:list-item></text:list>"
        f"<text:p><draw:frame><draw:text-box><text:p>{v['text_box']}</text:p></draw:text-box>"
        f"<svg:desc>{v['alt']}</svg:desc></draw:frame></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Lamp 7</text:p>"
        f"</table:table-cell><table:table-cell><text:p>{v['cell']}</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )
    return _file("text", body, values)


def ods(values: Mapping[str, str]) -> bytes:
    """Return a spreadsheet of a shown and a hidden sheet, padded as programs pad it."""
    v = {name: escape(value) for name, value in values.items()}

    def cell(inner: str) -> str:
        return f"<table:table-cell>{inner}</table:table-cell>"

    link = f"<text:p><text:a xlink:href={quoteattr(values['link'] or '#')}>x</text:a></text:p>"
    rows = (
        f"<table:table-row>{cell(_p('Item'))}{cell(_p(values['column'] or 'Contact'))}"
        '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
        f"<table:table-row>{cell(_p('Lamp') + _annotation(values))}{cell(_p(values['cell']))}"
        "</table:table-row>"
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        f"<table:table-row>{cell(_p(values['body']))}"
        f"{cell(link)}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/>'
        "</table:table-row>"
    )
    body = (
        f'<table:table table:name="{v["sheet"] or "Stock"}">{rows}</table:table>'
        '<table:table table:name="Old" table:style-name="NoTable"><table:table-row>'
        f"{cell(_p(values['hidden']))}</table:table-row></table:table>"
    )
    return _file("spreadsheet", body, values)


def odp(values: Mapping[str, str]) -> bytes:
    """Return a presentation of a shown and a hidden slide."""
    v = {name: escape(value) for name, value in values.items()}
    body = (
        '<draw:page><draw:frame presentation:class="title"><draw:text-box>'
        f"{_p(values['heading'])}</draw:text-box></draw:frame><draw:frame><draw:text-box>"
        f"{_p(values['body'])}</draw:text-box><svg:desc>{v['alt']}</svg:desc></draw:frame>"
        f"{_annotation(values)}<presentation:notes><draw:frame><draw:text-box>"
        f"{_p(values['notes'])}</draw:text-box></draw:frame></presentation:notes></draw:page>"
        '<draw:page draw:style-name="Off"><draw:frame><draw:text-box>'
        f"{_p(values['hidden'])}</draw:text-box></draw:frame></draw:page>"
    )
    return _file("presentation", body, values)
