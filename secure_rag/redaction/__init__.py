"""Detection, resolution and replacement of personal data; the only maker of redacted documents."""
