"""What can go wrong in a template of a user, as one exception that knows the line."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Self

import regex
from jinja2.exceptions import TemplateError, TemplateSyntaxError, UndefinedError

MESSAGE_LIMIT = 300


class TemplateFailure(Exception):
    """A template that cannot be compiled or evaluated; `line` counts from 1 in the template's text."""

    def __init__(self, message: str, line: int | None = None, *, warning: bool = False) -> None:
        super().__init__(message)
        # The text may quote the payload: what cannot be written as UTF-8 is replaced.
        self.detail = message[:MESSAGE_LIMIT].encode(errors="replace").decode()
        self.line = line
        self.warning = warning

    @property
    def message(self) -> str:
        """The sentence for people, beginning with OnCall's "Template Error: " or "Template Warning: "."""
        return f"Template {'Warning' if self.warning else 'Error'}: {self.detail}"

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Say what `error`, raised by a template, means to the one who wrote it."""
        return cls(_sentence(error), _line(error), warning=isinstance(error, WARNINGS))


# Everything that an expression of a user can raise while it is compiled or evaluated. A template can call
# methods of any built-in type, so the list is long; what is not on it is a fault of ours and stays visible.
FAILURES: tuple[type[Exception], ...] = (
    TemplateFailure,
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    StopIteration,
    SyntaxError,
    SystemError,
    TypeError,
    ValueError,
    regex.error,
    re.error,
)
# OnCall says "Template Warning" of these (the data did not fit) and "Template Error" of the rest.
WARNINGS = (TypeError, KeyError, ValueError, UndefinedError)


def _sentence(error: Exception) -> str:
    if isinstance(error, TemplateFailure):
        return error.detail
    if isinstance(error, MemoryError):
        return "it needs more memory than a template may use"
    if isinstance(error, RecursionError):
        return "it is nested or recurses too deeply"
    if isinstance(error, KeyError):
        return f"no such key or name: {error}"
    return str(error) or type(error).__name__


def _line(error: Exception) -> int | None:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    return _template_line(error.__traceback__)


def _template_line(traceback: TracebackType | None) -> int | None:
    """The line of the innermost frame that is template code, found as Jinja does for its own tracebacks."""
    line = None
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line
