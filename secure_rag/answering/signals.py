"""The names of the numbers that the calibration weighs, in order.

Words and likeness can be fitted on many articles. What the reader says can be fitted on
articles only that it was not trained on, and these are few. So there are two layers: the
first weighs words, the second weighs what comes out of the first beside the reader.
"""

from __future__ import annotations

SENTENCE_WORDS = (
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

PASSAGE_WORDS = (
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

SENTENCE_SIGNALS = (
    "by_words",
    "behind_own",
    "is_own_best",
    "behind_all",
    "is_best",
    "answerable",
)
"""Of one sentence with what the reader found in it, see `rating`."""

EVIDENCE_SIGNALS = ("by_words", "support", "answerable")
"""Of the passages as a whole, see `evidence`."""
