"""Quality measured on labelled sets, public ones or the user's own: redaction, for now."""
