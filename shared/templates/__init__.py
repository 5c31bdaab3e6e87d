"""The sandboxed template language of users: Jinja2 with OnCall's filters, bounded in size and in what it may reach.

`evaluate` and `search` bound what they can from the inside (length of results, size of numbers, time of a
regex). CPU time and memory are bounded from the outside: whoever does not trust a template uses shared.sandbox.
"""

from shared.templates.evaluate import (
    RESULT_LIMIT,
    TEMPLATE_LIMIT,
    TITLE_LIMIT,
    check,
    evaluate,
    forget,
    is_true,
)
from shared.templates.failure import TemplateFailure
from shared.templates.given import absolute
from shared.templates.patterns import check_pattern, search
from shared.templates.reading import Path, Reads, reads_at, reads_of

__all__ = [
    "RESULT_LIMIT",
    "TEMPLATE_LIMIT",
    "TITLE_LIMIT",
    "Path",
    "Reads",
    "TemplateFailure",
    "absolute",
    "check",
    "check_pattern",
    "evaluate",
    "forget",
    "is_true",
    "reads_at",
    "reads_of",
    "search",
]
