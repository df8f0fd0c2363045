"""Mistakes in recognizers, lists, parents and the other sections, with place, code and hint.

One table for the loader's tests and for those of the command line.
"""

from __future__ import annotations

from collections.abc import Mapping

RULE = "rules:\n  - {entity: AGE, action: mask}\n"
HEAD = "format: 1\nname: mine\n"
FILES: Mapping[str, str] = {
    "empty.txt": "# nothing\n\n",
    "short.txt": "# list\nBluebird\nx\n",
    "names.txt": "# sets\nRobert, Bob\nWilliam\n",
    "registry.presidio.yaml": "recognizers:\n  - CreditCardRecognizer\n",
    "unmapped.presidio.yaml": (
        "recognizers:\n  - name: Zip\n    supported_entity: ZIP\n"
        "    patterns: [{name: zip, regex: '\\d{5}', score: 0.1}]\n"
    ),
    "slow.presidio.yaml": (
        "recognizers:\n  - name: Slow\n    supported_entity: POSTCODE\n"
        "    patterns: [{name: slow, regex: '(\\w+)+$', score: 0.1}]\n"
    ),
    "typo.presidio.yaml": "recognizers:\n  - name: Zip\n    patern: []\n",
    "nothing.presidio.yaml": "recognizers:\n  - {name: Off, enabled: false}\n",
    "one.yaml": HEAD.replace("mine", "one") + "extends: two\n" + RULE,
    "two.yaml": HEAD.replace("mine", "two") + "extends: one\n" + RULE,
    "liar.yaml": HEAD.replace("mine", "truth") + RULE,
    "faulty.yaml": HEAD.replace("mine", "faulty") + "rules:\n  - {entity: NOBODY, action: mask}\n",
    "unsafe-base.yaml": (
        HEAD.replace("mine", "unsafe-base")
        + "default_action: keep\nrules:\n  - {group: SECRETS, action: keep}\n"
    ),
}
"""What lies beside the broken policies."""


def recognizer(*lines: str) -> str:
    return HEAD + "recognizers:\n" + "".join(f"  {line}\n" for line in lines) + RULE


BROKEN: Mapping[str, tuple[str, tuple[str, str, str | None]]] = {
    # -- recognizers ---------------------------------------------------------------------
    "unknown key in a recognizer": (
        recognizer("- {name: a, entity: AGE, regx: x1}"),
        ("4:28", "policy.unknown_key", "did you mean regex?"),
    ),
    "recognizer of no kind": (
        recognizer("- {name: a, entity: AGE}"),
        ("4:5", "policy.recognizer", None),
    ),
    "recognizer of two kinds": (
        recognizer("- {name: a, entity: AGE, regex: x1, deny_list: [x1]}"),
        ("4:5", "policy.recognizer", None),
    ),
    "key of another kind": (
        recognizer("- {name: a, entity: AGE, deny_list: [x1], validator: luhn}"),
        ("4:45", "policy.unknown_key", "match_case"),
    ),
    "recognizer without a name": (
        recognizer("- {entity: AGE, regex: x1}"),
        ("4:5", "policy.missing_key", None),
    ),
    "duplicate recognizer": (
        recognizer("- {name: a, entity: AGE, regex: x1}", "- {name: a, entity: AGE, regex: x2}"),
        ("5:12", "policy.duplicate", None),
    ),
    "recognizer of an unknown entity": (
        recognizer("- {name: a, entity: PHONE, regex: x1}"),
        ("4:23", "policy.unknown_entity", "did you mean PHONE_NUMBER?"),
    ),
    "not a regular expression": (
        recognizer("- {name: a, entity: AGE, regex: '(x'}"),
        ("4:35", "policy.regex", None),
    ),
    "not Python's regular expression": (
        recognizer("- {name: a, entity: AGE, regex: '[[:alpha:]]{3}'}"),
        ("4:35", "policy.regex", None),
    ),
    "pattern that matches nothing": (
        recognizer("- {name: a, entity: AGE, regex: 'x*'}"),
        ("4:35", "policy.regex", None),
    ),
    "pattern with a repeat in a repeat": (
        recognizer("- {name: a, entity: AGE, regex: '(x+)+y'}"),
        ("4:35", "policy.backtracking", "repeats"),
    ),
    "pattern of cubic time": (
        recognizer("- {name: a, entity: AGE, regex: '.*.*.*=x'}"),
        ("4:35", "policy.backtracking", "repeats"),
    ),
    "pattern that refers back": (
        recognizer(r"- {name: a, entity: AGE, regex: '(x)\1+'}"),
        ("4:35", "policy.backtracking", None),
    ),
    "unknown validator": (
        recognizer("- {name: a, entity: AGE, regex: x1, validator: lune}"),
        ("4:50", "policy.recognizer", "did you mean luhn?"),
    ),
    "needs_context without context": (
        recognizer("- {name: a, entity: AGE, regex: x1, needs_context: true}"),
        ("4:54", "policy.recognizer", None),
    ),
    "truth value in words": (
        recognizer("- {name: a, entity: AGE, regex: x1, match_case: yes}"),
        ("4:51", "policy.value", None),
    ),
    "score too high": (
        recognizer("- {name: a, entity: AGE, regex: x1, score: 2}"),
        ("4:46", "policy.value", None),
    ),
    # -- lists ---------------------------------------------------------------------------
    "list file that is not there": (
        recognizer("- {name: a, entity: AGE, deny_list: gone.txt}"),
        ("4:39", "policy.file", None),
    ),
    "list file in another folder": (
        recognizer("- {name: a, entity: AGE, deny_list: ../short.txt}"),
        ("4:39", "policy.file", "without folders"),
    ),
    "list file whose name is too long": (
        recognizer(f"- {{name: a, entity: AGE, deny_list: {'x' * 300}.txt}}"),
        ("4:39", "policy.file", None),
    ),
    "empty list file": (
        recognizer("- {name: a, entity: AGE, deny_list: empty.txt}"),
        ("empty.txt:1:1", "policy.empty", None),
    ),
    "item of one letter in a list file": (
        recognizer("- {name: a, entity: AGE, deny_list: short.txt}"),
        ("short.txt:3:1", "policy.value", None),
    ),
    "item of one letter": (
        recognizer("- {name: a, entity: AGE, deny_list: [bird, '!x!']}"),
        ("4:46", "policy.value", None),
    ),
    "allow list of a direct identifier": (
        recognizer("- {name: a, entity: PERSON, allow_list: [Jenkins]}"),
        ("4:31", "policy.unsafe", "unsafe_allow_list"),
    ),
    "unsafe allow list where none is needed": (
        recognizer("- {name: a, entity: LOCATION, unsafe_allow_list: [London]}"),
        ("4:33", "policy.unsafe", "write `allow_list`"),
    ),
    # -- Presidio registries -------------------------------------------------------------
    "predefined recognizer in a registry": (
        recognizer("- {presidio_file: registry.presidio.yaml}"),
        ("registry.presidio.yaml:2:5", "policy.recognizer", "predefined: ignore"),
    ),
    "registry with nothing to read": (
        recognizer("- {presidio_file: nothing.presidio.yaml}"),
        ("4:21", "policy.empty", None),
    ),
    "unmapped entity in a registry": (
        recognizer("- {presidio_file: unmapped.presidio.yaml}"),
        ("unmapped.presidio.yaml:3:23", "policy.unknown_entity", "entities: {ZIP"),
    ),
    "slow pattern in a registry": (
        recognizer("- {presidio_file: slow.presidio.yaml}"),
        ("slow.presidio.yaml:4:36", "policy.backtracking", None),
    ),
    "unknown key in a registry": (
        recognizer("- {presidio_file: typo.presidio.yaml}"),
        ("typo.presidio.yaml:3:5", "policy.unknown_key", "did you mean patterns?"),
    ),
    "registry mapped to an unknown entity": (
        recognizer("- {presidio_file: unmapped.presidio.yaml, entities: {ZIP: POSTCODES}}"),
        ("4:61", "policy.unknown_entity", "did you mean POSTCODE?"),
    ),
    # -- parents -------------------------------------------------------------------------
    "parent that is not there": (
        HEAD + "extends: defualt\n" + RULE,
        ("3:10", "policy.extends", "did you mean default?"),
    ),
    "parents in a circle": (
        HEAD + "extends: one\n" + RULE,
        ("two.yaml:3:10", "policy.cycle", None),
    ),
    "parent of another name": (
        HEAD + "extends: liar\n" + RULE,
        ("3:10", "policy.extends", None),
    ),
    "parent with a mistake": (
        HEAD + "extends: faulty\n" + RULE,
        ("faulty.yaml:4:14", "policy.unknown_entity", None),
    ),
    "parent that keeps everything": (
        HEAD + "extends: unsafe-base\n" + RULE,
        ("3:10", "policy.unsafe", "redact it"),
    ),
    "parent by path": (
        HEAD + "extends: ./default.yaml\n" + RULE,
        ("3:10", "policy.extends", None),
    ),
    # -- rules ---------------------------------------------------------------------------
    "context that is empty": (
        HEAD + "rules:\n  - {entity: AGE, action: mask, context: []}\n",
        ("4:42", "policy.value", "leave it out"),
    ),
    "collection twice": (
        HEAD + "rules:\n  - {entity: AGE, action: mask, collections: [hr, hr]}\n",
        ("4:51", "policy.value", None),
    ),
    "narrower rule behind a wider one": (
        HEAD
        + "rules:\n  - {entity: AGE, action: mask}\n"
        + "  - {entity: AGE, action: drop, context: [born]}\n",
        ("5:5", "policy.unreachable", "before the wider"),
    ),
    "same limits twice": (
        HEAD
        + "rules:\n  - {entity: AGE, action: mask, labels: [a, b]}\n"
        + "  - {entity: AGE, action: drop, labels: [b]}\n",
        ("5:5", "policy.unreachable", None),
    ),
    # -- gate, quarantine, linking -------------------------------------------------------
    "gate that refuses nothing": (
        HEAD + "gate: {refuse: []}\n" + RULE,
        ("3:16", "policy.value", "leave it out"),
    ),
    "gate that refuses an unknown entity": (
        HEAD + "gate: {refuse: [PERSN]}\n" + RULE,
        ("3:17", "policy.unknown_entity", "did you mean PERSON?"),
    ),
    "unknown flag": (
        HEAD + "quarantine: {flags: [macro]}\n" + RULE,
        ("3:22", "policy.unknown_flag", "did you mean macros?"),
    ),
    "unknown key in linking": (
        HEAD + "linking: {nickname: true}\n" + RULE,
        ("3:11", "policy.unknown_key", "did you mean nicknames?"),
    ),
    "nickname file with a lonely name": (
        HEAD + "linking: {nickname_file: names.txt}\n" + RULE,
        ("names.txt:3:1", "policy.value", None),
    ),
    "neither rules nor parent": (HEAD, ("1:1", "policy.missing_key", None)),
}
"""Situation: text of mine.yaml; place (with a file's name where it is another), code, hint."""
