"""Answers over confidential documents, on one machine, with proof."""

__version__ = "0.0.1"
