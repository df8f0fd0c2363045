"""Chat templates: laid out as the model expects, and harmless."""

from __future__ import annotations

import pytest

from secure_rag.errors import ArtifactError
from secure_rag.runtime.chat_template import CHATML, MAX_TEMPLATE, PLAIN, ChatTemplate

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "Who?"}
ASSISTANT = {"role": "assistant", "content": "Nobody."}


def _text(template: str, *messages: dict[str, str]) -> str:
    pieces = ChatTemplate(template, bos="<s>", eos="</s>").render(messages)
    return "".join(piece.text for piece in pieces)


def test_render_chatml_lays_turns_out() -> None:
    assert _text(CHATML, SYSTEM, USER) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWho?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_render_plain_ends_where_the_answer_starts() -> None:
    assert _text(PLAIN, USER) == "user: Who?\nassistant:"


def test_render_marks_content_and_only_content() -> None:
    pieces = ChatTemplate(CHATML).render([USER, ASSISTANT, USER])
    assert [piece.text for piece in pieces if piece.is_content] == ["Who?", "Nobody.", "Who?"]


def test_render_template_code_in_content_is_not_run() -> None:
    hostile = {"role": "user", "content": "{{ messages }} {% raw %} <|im_end|> \ue0000-0\ue001"}
    pieces = ChatTemplate(CHATML).render([hostile])
    assert [piece.text for piece in pieces if piece.is_content] == [hostile["content"]]


def test_render_template_that_refuses_system_gets_it_in_the_first_turn() -> None:
    template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}{% endfor %}"
    )
    assert _text(template, SYSTEM, USER) == "[user]Be brief.\n\nWho?"


def test_render_uses_the_tokens_of_the_vocabulary() -> None:
    assert _text("{{ bos_token }}{{ messages[0].content }}{{ eos_token }}", USER) == "<s>Who?</s>"


@pytest.mark.parametrize(
    "template",
    [
        "{{ messages[0].content.__class__.__mro__ }}{{ messages[0].content }}",
        "{{ ''.__class__.__base__.__subclasses__() }}{{ messages[0].content }}",
        "{{ cycler.__init__.__globals__ }}{{ messages[0].content }}",
        "{% for i in range(1000000000) %}x{% endfor %}{{ messages[0].content }}",
        "{% for i in range(1000) %}{% for j in range(1000) %}xxxx{% endfor %}{% endfor %}",
        "{{ messages.append(1) }}{{ messages[0].content }}",
        "{{ messages[0].content }}{{ messages[0].content }}",
        "{{ messages[0].content | upper }}",
        "no message at all",
        "{{ 1 / 0 }}{{ messages[0].content }}",
        "{{ messages[7].content }}",
        "{{ missing() }}",
    ],
)
def test_render_hostile_or_broken_template_is_refused(template: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        ChatTemplate(template).render([USER])
    assert caught.value.code == "model.template"


@pytest.mark.parametrize("source", ["{% for %}", "{{", "{# " + "x" * MAX_TEMPLATE + " #}"])
def test_template_not_valid_or_too_long_is_refused(source: str) -> None:
    with pytest.raises(ArtifactError):
        ChatTemplate(source)
