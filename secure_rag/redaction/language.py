"""Is a document clearly written in another language than the policy's?

Light on purpose: scripts and the commonest words. In doubt it is English;
tables, lists of names and short texts are never refused.
"""

from __future__ import annotations

import re
from typing import Final

from secure_rag.errors import DocumentError

_SAMPLE: Final = 20_000
_FEWEST_WORDS: Final = 40
_FEWEST_LETTERS: Final = 120
_WORD: Final = re.compile(r"[^\W\d_]+")

_ENGLISH: Final = frozenset(
    "the of and to in a is that for it as was with be by on not he his but at are this have "
    "from or had an they which you were her all she there would their we him been has when "
    "who will no more if out so said what up its about than into them can only other new "
    "some could time these two may then do any your our shall".split()
)
_OTHERS: Final = {
    "de": (
        "der die das und ist nicht ein eine einer den dem des mit für von zu auf im sich auch "
        "als wird bei oder wurde nach sie wir ich haben sind werden durch über aus am"
    ),
    "fr": (
        "le la les de des du et est une dans pour que qui par sur pas avec au aux ce cette "
        "sont nous vous il elle été ont plus ne se son sa ses leur mais être"
    ),
    "es": (
        "el la los las de del y que en un una por con para es no se su al lo como más pero "
        "sus le ya o este fue ha sí porque esta son entre cuando muy sin"
    ),
    "it": (
        "il lo la gli le di del della che e è un una in con per non si da al dei delle nel "
        "alla sono come più anche questo ha suo loro essere dal"
    ),
    "pt": (
        "o a os as de do da dos das que e em um uma para com não por se na no ao mais como "
        "foi seu sua são ou quando muito nos já também só pelo pela"
    ),
    "nl": (
        "de het een van en in is dat op te zijn met voor niet aan er om die hij ook als dan "
        "maar bij uit naar door wordt werd hebben deze"
    ),
    "pl": (
        "i w z na do nie się że jest to o jak po od za co ale przez dla są być może tak który "
        "oraz jego"
    ),
    "sv": (
        "och i att det som en på är av för med den till inte om har de ett vi var jag kan men från"
    ),
    "da": (
        "og i at det som en på er af for med den til ikke om har de et vi var jeg kan men fra blev"
    ),
    "ro": ("și în de la cu pe nu este care din pentru un o mai sau prin au fost sunt ce să"),
    "tr": ("ve bir bu da de için ile olarak olan gibi çok daha en ne o ama kadar sonra var değil"),
    "cs": ("a v se na je že s z do i o k jako za by to ve pro jsou ale po od jeho"),
}
_WORDS_OF: Final = {language: frozenset(words.split()) for language, words in _OTHERS.items()}
_FOREIGN_SHARE: Final = 0.18
_ENGLISH_SHARE: Final = 0.10


def check_language(text: str, language: str = "en") -> None:
    """Pass a text that may be in the policy's language.

    Raises:
        DocumentError: it clearly is not (`document.language`).
    """
    if language == "en" and not is_plausibly_english(text):
        raise DocumentError(
            "the document is not in English",
            hint="policies find personal data in English text only",
            code="document.language",
        )


def is_plausibly_english(text: str) -> bool:
    """Say whether a text may be English; only a clear case is not."""
    sample = text if len(text) <= _SAMPLE else _spread(text)
    words = [word.lower() for word in _WORD.findall(sample)]
    letters = sum(len(word) for word in words)
    if letters < _FEWEST_LETTERS:
        return True
    foreign = sum(len(word) for word in words if _is_other_script(word[0]))
    if foreign > letters / 2:
        return False
    if len(words) < _FEWEST_WORDS:
        return True
    english = sum(word in _ENGLISH for word in words) / len(words)
    other = max(sum(word in known for word in words) for known in _WORDS_OF.values()) / len(words)
    return not (other >= _FOREIGN_SHARE and english < _ENGLISH_SHARE and other > 2 * english)


def _spread(text: str) -> str:
    """Return beginning, middle and end of a long text."""
    part = _SAMPLE // 3
    middle = len(text) // 2
    return " ".join((text[:part], text[middle : middle + part], text[-part:]))


def _is_other_script(character: str) -> bool:
    # Latin with its extensions ends at U+024F, and U+1E00 to U+1EFF adds to it.
    code = ord(character)
    return not (code < 0x250 or 0x1E00 <= code <= 0x1EFF or 0xFF21 <= code <= 0xFF5A)
