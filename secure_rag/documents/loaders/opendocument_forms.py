"""What is filled into the forms of OpenDocument files (OpenDocument 1.3 part 3, 13)."""

from __future__ import annotations

from secure_rag.documents.markup import Element, attribute, children, descendants
from secure_rag.documents.symbols import tick_box
from secure_rag.documents.text import TextBuilder

_VALUES = (
    "text",
    "textarea",
    "formatted-text",
    "number",
    "date",
    "time",
    "combobox",
    "file",
    "hidden",
    "generic-control",
)
_BOXES = ("checkbox", "radio")
_LISTS = ("listbox",)


def add_forms(forms: Element, text: TextBuilder) -> None:
    """Add each control that says something: its name, and its value, state or choice.

    A password that was typed in is left out: nobody sees it in the form either.
    """
    for name in (*_VALUES, *_BOXES, *_LISTS):
        for control in descendants(forms, name):
            label = _first(control, "label", "title", "name")
            if name in _BOXES:
                state = _first(control, "current-state", "state", "current-selected", "selected")
                is_ticked = state in ("checked", "true")
                text.add(f"{tick_box(is_ticked=is_ticked)} {label}", kind="value")
            elif name in _LISTS:
                text.add_property(label, "; ".join(_chosen(control)), field="body")
            else:
                field = "hidden" if name == "hidden" else "body"
                text.add_property(label, _first(control, "current-value", "value"), field=field)
    for name in ("fixed-text", "button", "frame"):
        for control in descendants(forms, name):
            text.add(attribute(control, "label") or "", kind="value")


def _chosen(control: Element) -> list[str]:
    return [
        _first(option, "label", "value")
        for option in children(control, "option")
        if _first(option, "current-selected", "selected") == "true"
    ]


def _first(element: Element, *names: str) -> str:
    return next(filter(None, (attribute(element, name) for name in names)), "")
