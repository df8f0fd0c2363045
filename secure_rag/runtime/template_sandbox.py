"""A Jinja sandbox in which a template can neither run long nor grow large.

Jinja's own sandbox keeps templates from Python's internals, not from loops and from
doubling a text thirty times. Here

- every loop and macro body begins with a step that is counted and looks at the clock;
- `~`, `+`, `*`, `%` and `**` are looked at before they are done;
- lists are weighed when they are made, and what is printed or filtered is weighed too: a list
  that holds another one twice, sixty times over, is small until someone reads it;
- filters and methods of texts are those that chat templates use, without the ones
  that pad or repeat.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_STEPS = 20_000
MAX_SECONDS = 1.0
MAX_SIZE = 256 * 1024
"""Characters of a text, entries of a list."""

_MAX_RANGE = 1000
_MAX_NODES = 20_000
_MAX_BITS = 256
_TICK, _JOIN, _WEIGH = "bounded step", "bounded join", "bounded list"
"""Names that no template can write, so that it can neither call nor replace them."""

_FILTERS = frozenset(
    "abs capitalize count default d dictsort e escape first float int items join last length list "
    "lower map max min reject rejectattr replace reverse round safe select selectattr sort string "
    "title tojson trim truncate unique upper".split()
)
_TEXT_METHODS = frozenset(
    "capitalize endswith find index isalnum isalpha isdigit isspace join lower lstrip partition "
    "removeprefix removesuffix replace rfind rpartition rsplit rstrip split splitlines startswith "
    "strip title upper".split()
)
_PADDING = re.compile(r"%[^%a-zA-Z]*(?:\d{4}|\*)")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox with a budget for each rendering."""

    intercepted_binops = frozenset("+ * ** %".split())

    def __init__(self, **functions: Callable[..., Any]) -> None:
        """Make an environment whose templates know `range`, `namespace` and these functions."""
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.loopcontrols"],
            finalize=_weighed,
        )
        self.globals.clear()
        self.globals.update(namespace=jinja2.utils.Namespace, range=_short_range, **functions)
        self.filters = {
            name: _weighing(found) for name, found in self.filters.items() if name in _FILTERS
        }
        self.filters["replace"] = _replaced
        self.filters[_WEIGH] = _weighed
        self.filters[_TICK] = self._tick
        self.filters[_JOIN] = _joined
        self._steps = 0
        self._deadline = 0.0

    def begin(self) -> None:
        """Give the next rendering its steps and its time."""
        self._steps = 0
        self._deadline = time.monotonic() + MAX_SECONDS

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for number, _ in enumerate(tree.find_all(nodes.Node)):
            if number > _MAX_NODES:
                raise OverflowError
        self._bound(tree)
        return tree

    def _bound(self, node: nodes.Node) -> None:
        """Put a step into every body that can run again, and look at every joining."""
        for child in node.iter_child_nodes():
            self._bound(child)
        for field, value in node.iter_fields():
            if isinstance(value, nodes.Node):
                setattr(node, field, _bounded(value))
            elif isinstance(value, list):
                value[:] = [_bounded(one) if isinstance(one, nodes.Node) else one for one in value]
        if isinstance(node, nodes.For | nodes.Macro | nodes.CallBlock | nodes.Block):
            step = _filtered(nodes.Const("", lineno=node.lineno), _TICK)
            node.body.insert(0, nodes.Output([step], lineno=node.lineno))

    @jinja2.pass_context
    def _tick(self, _context: Any, _value: str) -> str:
        self._steps += 1
        if self._steps > MAX_STEPS or time.monotonic() > self._deadline:
            raise OverflowError
        return ""

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Do an operation whose result cannot be large."""
        if operator == "%":
            if isinstance(left, str) and _PADDING.search(left):
                raise OverflowError
            _weighed(right)
        elif operator == "+":
            if _size(left) + _size(right) > MAX_SIZE:
                raise OverflowError
        elif operator == "*":
            many, times = (left, right) if _size(left) else (right, left)
            if _size(many) and isinstance(times, int) and _size(many) * times > MAX_SIZE:
                raise OverflowError
            _check_bits(left, right)
        else:
            _check_bits(left)
            if not isinstance(right, int | float) or abs(right) > _MAX_BITS:
                raise OverflowError
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Refuse `format`, which pads to any length; Jinja asks here before anything else."""
        if super().wrap_str_format(value) is not None:
            raise jinja2.exceptions.SecurityError
        return None

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Let a template use methods of texts that do not pad, and what Jinja lets it."""
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        if isinstance(obj, bytes | bytearray | int | float):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call(self, __context: Any, __obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call what the sandbox allows; of texts, look at what may grow."""
        for value in (*args, *kwargs.values()):
            _weighed(value)
        text = getattr(__obj, "__self__", None)
        # kwargs do not matter here: inside a loop Jinja adds its own to every call
        if isinstance(text, str):
            name = getattr(__obj, "__name__", "")
            if name == "replace":
                _check_replace(text, *args[:2])
            elif name == "join" and args:
                args = ([*args[0]], *args[1:])
                _check_total(args[0], len(text))
        return super().call(__context, __obj, *args, **kwargs)


def _bounded(node: nodes.Node) -> nodes.Node:
    """Return a node that cannot make something large."""
    if isinstance(node, nodes.Concat):
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), _JOIN)
    is_made = isinstance(node, nodes.List | nodes.Dict) or (
        isinstance(node, nodes.Tuple) and node.ctx == "load"
    )
    return _filtered(node, _WEIGH) if is_made and isinstance(node, nodes.Expr) else node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@jinja2.pass_context
def _joined(_context: Any, parts: list[Any]) -> str:
    texts = [str(_weighed(part)) for part in parts]
    _check_total(texts, 0)
    return "".join(texts)


def _replaced(text: str, old: str, new: str, count: int | None = None) -> str:
    _check_replace(str(text), str(old), str(new))
    return str(text).replace(str(old), str(new), -1 if count is None else count)


def _check_replace(text: str, old: str = "", new: str = "") -> None:
    if len(text) + (text.count(old) + 1) * len(new) > MAX_SIZE:
        raise OverflowError


def _check_total(texts: list[Any], between: int) -> None:
    if sum(map(_size, texts)) + len(texts) * between > MAX_SIZE:
        raise OverflowError


def _check_bits(*numbers: Any) -> None:
    if any(isinstance(one, int) and one.bit_length() > _MAX_BITS for one in numbers):
        raise OverflowError


def _weighing(found: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that looks at its arguments first."""

    @functools.wraps(found)
    def weighed(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            _weighed(value)
        return found(*args, **kwargs)

    return weighed


def _weighed(value: Any) -> Any:
    """Return a value that is small when it is read to the end.

    Raises:
        OverflowError: if it is not, or if what it is cannot be told.
    """
    weight, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        weight += 1 + _size(one)
        if weight > MAX_SIZE or isinstance(one, jinja2.utils.Namespace):
            raise OverflowError
        if isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
    return value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _short_range(*bounds: int) -> range:
    """Return a range that cannot keep a template busy for long."""
    numbers = range(*bounds)
    if len(numbers) > _MAX_RANGE:
        raise OverflowError
    return numbers
