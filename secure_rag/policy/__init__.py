"""Policies and their cases, strictly parsed: no redaction in here."""
