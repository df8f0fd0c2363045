"""Pack parts of OOXML and OpenDocument files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


def packed(parts: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP container of the parts, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as container:
        for name, content in parts.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else method
            container.writestr(zipfile.ZipInfo(name), content, compress_type=kind)
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the parts of a container by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        return {name: container.read(name) for name in container.namelist()}


def relationships(*targets: tuple[str, str, str]) -> str:
    """Return a relationships part of (id, kind, target); hyperlinks lead outside."""
    external = 'TargetMode="External"'
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target={quoteattr(target)} '
        f"{external if kind == 'hyperlink' else ''}/>"
        for key, kind, target in targets
    )
    return f'<Relationships xmlns="{_RELATIONSHIPS}">{rows}</Relationships>'


def content_types(main: str, kind: str) -> str:
    """Return the part that says of which type the main part is."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType='
        f'"application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
    )


def properties(values: Mapping[str, str]) -> dict[str, str]:
    """Return the property parts that all OOXML formats share."""
    core = "".join(
        f"<{tag}>{escape(values.get(name, ''))}</{tag}>"
        for name, tag in (
            ("title", "dc:title"),
            ("author", "dc:creator"),
            ("subject", "dc:subject"),
            ("keywords", "cp:keywords"),
            ("description", "dc:description"),
            ("last_author", "cp:lastModifiedBy"),
        )
    )
    return {
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_CORE}" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{core}</cp:coreProperties>',
        "docProps/app.xml": '<Properties xmlns="urn:p"><Application>Writer</Application>'
        f"<Pages>1</Pages><Company>{escape(values.get('company', ''))}</Company></Properties>",
        "docProps/custom.xml": '<Properties xmlns="urn:p" xmlns:vt="urn:vt">'
        '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="Client">'
        f"<vt:lpwstr>{escape(values.get('custom', ''))}</vt:lpwstr></property></Properties>",
    }


def ooxml(main: str, kind: str, parts: Mapping[str, str], values: Mapping[str, str]) -> bytes:
    """Return an OOXML package with its properties."""
    return packed(
        {
            "[Content_Types].xml": content_types(main, kind),
            "_rels/.rels": relationships(("rId1", "officeDocument", main)),
            **properties(values),
            **parts,
        }
    )


PROPERTY_FIELDS = {
    "title": "title",
    "author": "author",
    "last_author": "author",
    "subject": "metadata",
    "keywords": "metadata",
    "description": "metadata",
    "company": "metadata",
    "custom": "metadata",
}
