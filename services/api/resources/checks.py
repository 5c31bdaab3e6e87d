"""What is wrong with a user's text, said in one sentence; the same checks as the pipeline applies."""

from __future__ import annotations

from shared.integrations import all_types
from shared.templates import TemplateFailure, check, check_pattern


def template_problem(text: str) -> str | None:
    """Return why a template does not compile, None when it does. Nothing of it is evaluated."""
    return _sentence(check(text))


def regex_problem(text: str) -> str | None:
    """Return why a regular expression does not compile, None when it does."""
    return _sentence(check_pattern(text))


def integration_types() -> dict[str, str]:
    """Return the titles of the integration types by slug."""
    return {one.slug: one.title for one in all_types()}


def _sentence(failure: TemplateFailure | None) -> str | None:
    if failure is None:
        return None
    return f"{failure.detail} (line {failure.line})" if failure.line else failure.detail
