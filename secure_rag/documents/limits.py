"""What one document may cost to read; whatever exceeds it is refused, not cut."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one document; the defaults fit a parser process of 1 GiB."""

    file_bytes: int = 100 * MIB
    """Size of the file as it is given, and of each attachment."""
    text_characters: int = 20_000_000
    """Length of the text of the document, attachments included."""
    blocks: int = 1_000_000
    """Paragraphs, rows and values."""
    unpacked_bytes: int = 512 * MIB
    """Sum of the entries of a container."""
    entry_ratio: int = 250
    """Unpacked to packed size of one entry; looked at from `ratio_from_bytes` on."""
    ratio_from_bytes: int = 8 * MIB
    entries: int = 20_000
    """Entries of a container."""
    depth: int = 500
    """Nesting of JSON and of parts of a mail's structure."""
    attachments: int = 200
    """Attachments in one mail or mail box, at all depths."""
    attachment_depth: int = 4
    """Mails in mails."""

    def to_plain(self) -> dict[str, int]:
        """Return plain values for the way to the parser process."""
        return asdict(self)
