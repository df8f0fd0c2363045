"""The names of the numbers that the calibration weighs, in order."""

from __future__ import annotations

SENTENCE_SIGNALS = (
    "likeness",
    "passage_likeness",
    "covered",
    "covered_by_passage",
    "covered_by_neighbours",
    "names_covered",
    "kind_unknown",
    "name_found",
    "value_found",
    "value_missing",
    "says_more",
    "first_passage",
    "rank",
)
"""Of one sentence, see `support`."""

EVIDENCE_SIGNALS = (
    "support",
    "support_of_three",
    "likeness",
    "passage_likeness",
    "covered",
    "covered_by_passage",
    "names_covered",
    "kind_missing",
    "unknown_words",
    "unknown_names",
)
"""Of the passages as a whole, see `evidence`."""
