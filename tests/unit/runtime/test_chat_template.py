"""Chat templates: laid out as the model expects, and harmless."""

from __future__ import annotations

import time
import tracemalloc

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


DOUBLING = "{% set n = namespace(t='x') %}{% for i in range(60) %}"
GREEDY = [
    DOUBLING + "{% set n.t = n.t ~ n.t %}{% endfor %}",
    DOUBLING + "{% set n.t = n.t + n.t %}{% endfor %}",
    DOUBLING + "{% set n.t = n.t * 2 %}{% endfor %}",
    DOUBLING + "{% set n.t = [n.t, n.t] | join %}{% endfor %}",
    DOUBLING + "{% set n.t = n.t.replace('x', 'xx') %}{% endfor %}",
    DOUBLING + "{% set n.t = n.t | replace('x', 'xx') %}{% endfor %}",
    DOUBLING + "{% set n.t = ''.join([n.t, n.t]) %}{% endfor %}",
    DOUBLING + "{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t }}",
    DOUBLING + "{% set n.t = namespace(a=n.t, b=n.t) %}{% endfor %}{{ n.t }}",
    DOUBLING + "{% set n.t = {'a': n.t, 'b': n.t} %}{% endfor %}{{ n.t | tojson }}",
    DOUBLING + "{% set n.t = (n.t, n.t) %}{% endfor %}{{ n.t == 1 }}",
    "{{ 'x' * 9999999999 }}",
    "{{ 9999999999 * 'x' }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ '%9999999999d' % 1 }}",
    "{{ '%*d' % (999999999, 1) }}",
    "{{ 'x'.center(9999999999) }}",
    "{{ 'x'.zfill(9999999999) }}",
    "{{ '{:9999999999}'.format(1) }}",
    "{{ 'x' | center(9999999999) }}",
    "{{ 'x' | indent(9999999999) }}",
    "{{ lipsum(n=9999) }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% block b %}{{ self.b() }}{{ self.b() }}{% endblock %}",
    "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in [1] recursive %}{{ loop([1, 2]) }}{{ loop([1, 2]) }}{% endfor %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{{ 'x' | attr('__class__') }}",
    "{% set ns = namespace() %}{% set ns.range = 1 %}{{ range(1001) }}",
]


@pytest.mark.parametrize("row", range(len(GREEDY)))
def test_render_template_that_grows_or_runs_on_is_refused_soon(row: int) -> None:
    tracemalloc.start()
    clock = time.process_time()
    with pytest.raises(ArtifactError) as caught:
        ChatTemplate(GREEDY[row] + "{{ messages[0].content }}").render([USER])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "model.template"
    assert caught.value.hint
    assert time.process_time() - clock < 10
    assert peak < 64 << 20


@pytest.mark.parametrize(
    "source", ["(" * 3000 + ")" * 3000, "{{ " + "[" * 3000, "{% if 1 %}" * 500]
)
def test_template_nested_too_deep_is_refused(source: str) -> None:
    with pytest.raises(ArtifactError):
        ChatTemplate("{{ " + source + " }}").render([USER])


def test_render_what_real_templates_do_still_works() -> None:
    template = (
        "{%- set ns = namespace(system='', found=false) -%}"
        "{%- for message in messages -%}{%- if message['role'] == 'system' -%}"
        "{%- set ns.system = ns.system ~ message.content -%}{%- set ns.found = true -%}"
        "{%- endif -%}{%- endfor -%}"
        "{{- bos_token + '<|sys|>' + ns.system.strip() + '\n' -}}"
        "{%- for message in messages | selectattr('role', 'ne', 'system') | list -%}"
        "{%- if loop.first and not ns.found -%}{{ 'none' | upper }}{%- endif -%}"
        "{{- '<|' ~ message.role | capitalize | trim ~ '|>' ~ (message.content | trim) -}}"
        "{%- if not loop.last -%}{{ '\n' * 2 }}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt is defined and add_generation_prompt -%}"
        "{{- '<|%s|>' % 'Assistant' -}}{%- endif -%}"
    )
    assert _text(template, SYSTEM, USER) == "<s><|sys|>Be brief.\n<|User|>Who?<|Assistant|>"


@pytest.mark.parametrize("source", ["{% for %}", "{{", "{# " + "x" * MAX_TEMPLATE + " #}"])
def test_template_not_valid_or_too_long_is_refused(source: str) -> None:
    with pytest.raises(ArtifactError):
        ChatTemplate(source)
