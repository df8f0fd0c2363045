"""What an epoch of a stage is made of: gold or made questions, and freshly drawn wrong passages."""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cloze
import questions
import support
import texts
from near import thesaurus
from negatives import Negatives
from pairs import Pair, Pieces, batches, make_pair
from passages import shorten, without_answer
from questions import Question
from spans import found, namer
from tokenizers import Tokenizer
from written import written

_SHORTENED = 0.35
_DENIED = 0.15
_SPOILED = 0.12
_SWAPPED = 0.12
_OTHER_OF_DOCUMENT = 0.2
_OTHER_DOCUMENT = 0.05
_LONGEST_ANSWER = 14
"""Words of an answer whose bounds are learnt; longer ones are whole sentences."""


class Reading:
    """Gold questions: SQuAD 2.0, XQuAD and, if wanted, our own in every epoch, shares of others."""

    def __init__(self, options: argparse.Namespace, tokenizer: Tokenizer) -> None:
        self._options = options
        self._pieces = Pieces(tokenizer)
        self._gold = [*questions.training(options.data), *written(options.data, options.written)]
        self._papers = questions.papers(options.data)
        self._sources = [(self._gold, Negatives(self._gold), 1.0)]
        if options.papers:
            self._sources.append((self._papers, Negatives(self._papers), options.papers))
        self._support = support.asked(options.data) if options.support else []

    def epoch(self, draw: random.Random) -> list[list[Pair]]:
        """Draw the batches of one epoch, the same ones for the same state of `draw`."""
        pairs = []
        for gold, negatives, share in self._sources:
            for question in gold:
                if share < 1 and draw.random() > share:
                    continue
                for item in [question, *self._wrong(question, negatives, draw)]:
                    pairs.append(self._pair(item, draw))
        for asked in self._support:
            if draw.random() < self._options.support:
                pairs.append(self._pair(support.passage_for(asked, draw), draw, has_span=False))
        return batches(pairs, draw, tokens=self._options.batch_tokens)

    def _pair(self, question: Question, draw: random.Random, *, has_span: bool = True) -> Pair:
        if draw.random() < self._options.shortened:
            question = shorten(question, draw)
        has_span = has_span and all(a.count(" ") < _LONGEST_ANSWER for a in question.answers)
        return make_pair(
            question, self._pieces, draw, max_tokens=self._options.max_tokens, has_span=has_span
        )

    def _wrong(
        self, question: Question, negatives: Negatives, draw: random.Random
    ) -> Iterator[Question]:
        options = self._options
        if not question.spans:
            if draw.random() < options.other:
                near = negatives.same_article(question, draw, hard=options.hard)
                yield from [near] if near else []
            return
        if draw.random() < options.same:
            near = negatives.same_article(question, draw, hard=options.hard)
            yield from [near] if near else []
        if draw.random() < options.other:
            yield negatives.other_article(question, draw)
        if draw.random() < options.spoiled:
            spoiled = without_answer(question)
            yield from [spoiled] if spoiled else []
        if draw.random() < options.swapped:
            yield from _changed(question, draw)


def _changed(question: Question, draw: random.Random) -> Iterator[Question]:
    """Yield the question with another name of its passage, or denied, which nothing answers."""
    if draw.random() < _DENIED:
        text = cloze.deny(question.text, draw)
    else:
        made = cloze.asked_by_people(question.text)
        text = cloze.swap(made, cloze.names_in(question.passage), draw)
    if text is not None:
        yield replace(question, text=text, spans=())


class Clozes:
    """Questions made from plain text, once through."""

    def __init__(self, options: argparse.Namespace, tokenizer: Tokenizer) -> None:
        self._options = options
        self._pieces = Pieces(tokenizer)
        self._near = thesaurus(options.base, tokenizer)
        self._name = namer()

    def epoch(self, draw: random.Random) -> list[list[Pair]]:
        """Make the batches of one pass over the texts, the same ones for the same `draw`."""
        documents = list(texts.documents(self._options.data, draw))
        passages = [passage for document, *_ in documents for passage in document]
        pairs: list[Pair] = []
        for number, (document, count, is_typed) in enumerate(documents):
            for passage in document:
                whole = count if isinstance(count, int) else int(draw.random() < count)
                if not whole:
                    continue
                spans = found(passage, self._name(passage) if is_typed else [])
                for span in draw.sample(spans, min(len(spans), whole)):
                    made = cloze.make(passage, span, draw, self._near)
                    if made is None:
                        continue
                    gold = cloze.as_question(made, passage, span, str(number))
                    for item in [gold, *self._wrong(gold, made, document, passages, draw)]:
                        shown = shorten(item, draw) if draw.random() < _SHORTENED else item
                        pairs.append(
                            make_pair(
                                shown, self._pieces, draw, max_tokens=self._options.max_tokens
                            )
                        )
        return batches(pairs, draw, tokens=self._options.batch_tokens)

    def _wrong(
        self,
        gold: Question,
        made: cloze.Cloze,
        document: Sequence[str],
        passages: Sequence[str],
        draw: random.Random,
    ) -> Iterator[Question]:
        def beside(passage: str) -> Question:
            return Question(gold.text, passage, (), gold.article)

        answer = gold.answers[0].lower()
        if draw.random() < _OTHER_OF_DOCUMENT:
            others = [p for p in document if p != gold.passage and answer not in p.lower()]
            yield from [beside(draw.choice(others))] if others else []
        if draw.random() < _OTHER_DOCUMENT:
            yield beside(draw.choice(passages))
        if draw.random() < _SPOILED:
            spoiled = without_answer(gold)
            yield from [spoiled] if spoiled else []
        if draw.random() < _SWAPPED:
            swapped = cloze.swap(made, cloze.names_in(gold.passage), draw)
            yield from [Question(swapped, gold.passage, (), gold.article)] if swapped else []


STAGES: dict[str, type[Clozes | Reading]] = {"cloze": Clozes, "read": Reading}
