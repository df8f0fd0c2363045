"""From a redacted question to the passages that may answer it."""
