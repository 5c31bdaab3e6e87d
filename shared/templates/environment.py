"""The one Jinja2 environment: sandboxed, without a loader, and with nothing evaluated while compiling."""

from __future__ import annotations

from types import BuiltinMethodType
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import SandboxedEnvironment

from shared.templates import given
from shared.templates.filters import FILTERS

# What a template may multiply up to; a bigger number or text is a mistake or an attack.
MAX_BITS = 10_000
MAX_LENGTH = 1_000_000
# What may be taken of plain values without asking further: their public methods, but not those of a text
# that take a format, which the sandbox wraps.
METHODS: dict[type, frozenset[str]] = {
    kind: frozenset(name for name in dir(kind) if not name.startswith("_")) - {"format", "format_map"}
    for kind in (dict, list, str)
}
DICT_ATTRIBUTES = frozenset(dir(dict))


class _Code(CodeGenerator):
    """Leaves every expression to run time: Jinja's own generator would compute constant ones while compiling."""

    def _output_child_to_const(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> str:
        if isinstance(node, nodes.TemplateData):
            return super()._output_child_to_const(node, frame, finalize)
        raise nodes.Impossible


class Environment(SandboxedEnvironment):
    """Jinja's sandbox with a short way for `payload.key`, and with products and powers kept small."""

    code_generator_class = _Code
    intercepted_binops = frozenset({"*", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Jinja's rule (an attribute wins over a key), without its long way for the values that JSON is made of."""
        kind = type(obj)
        if kind is dict and attribute not in DICT_ATTRIBUTES:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        if kind in METHODS and attribute in METHODS[kind]:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Jinja's rule, without asking a plain method of a plain value whether it wants the context."""
        if type(obj) is BuiltinMethodType and obj.__name__ in METHODS.get(type(obj.__self__), ()):
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return obj(*args, **kwargs)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse what would compute for ever inside one machine instruction of the interpreter."""
        if operator == "**":
            _refuse_large_power(left, right)
        else:
            _refuse_large_product(left, right)
        return super().call_binop(context, operator, left, right)


def _refuse_large_power(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * exponent > MAX_BITS:
        raise SecurityError("the power is too large")


def _refuse_large_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise SecurityError("the product is too large")
        return
    for many, times in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(many, str | list | tuple) and len(many) * times > MAX_LENGTH:
            raise SecurityError("the repetition is too long")


def _restricted_range(*_: object) -> NoReturn:
    raise SecurityError("range is restricted")


def _environment() -> Environment:
    environment = Environment(undefined=Undefined, autoescape=False, optimized=False, cache_size=0)
    environment.filters.update(FILTERS)
    environment.filters.update(given.FILTERS)
    environment.globals["range"] = _restricted_range
    return environment


ENVIRONMENT = _environment()
