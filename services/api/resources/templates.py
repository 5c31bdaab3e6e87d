"""An integration's `templates` object: which keys there are, how null resets them, how they are checked."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.checks import template_problem
from shared.domain.configuration import Templates

BEHAVIOUR = ("grouping_key", "resolve_signal", "acknowledge_signal", "source_link")
FULL = ("title", "message", "image_url")
MEDIA: dict[str, tuple[str, ...]] = {
    "slack": FULL,
    "web": FULL,
    "telegram": FULL,
    "msteams": FULL,
    "mattermost": FULL,
    "email": ("title", "message"),
    "mobile_app": ("title", "message"),
    "sms": ("title",),
    "phone_call": ("title",),
}


def shown(templates: Templates) -> dict[str, Any]:
    """Return every key; what is not set reads as null, never as the default's text."""
    texts: dict[str, Any] = {key: templates.get(key) for key in BEHAVIOUR}
    for medium, parts in MEDIA.items():
        stored = templates.get(medium)
        own = stored if isinstance(stored, dict) else {}
        texts[medium] = {part: own.get(part) for part in parts}
    return texts


def merged(before: Templates, sent: dict[str, Any] | None) -> Templates:
    """Return the templates after a write: a missing key stays, null (of a key, a part or all) resets.

    Raises:
        Invalid: a text is not a text, or does not compile; the template is named.
    """
    if sent is None:
        return {}
    problems: list[str] = []
    after: Templates = dict(before)
    for key in BEHAVIOUR:
        if key in sent:
            after[key] = _checked(sent[key], key, problems)
    for medium, parts in MEDIA.items():
        if medium in sent:
            after[medium] = _merged_medium(before.get(medium), sent[medium], (medium, parts), problems)
    if problems:
        raise Invalid({"templates": problems})
    return {key: value for key, value in after.items() if value not in (None, {})}


def _merged_medium(
    before: Any, sent: Any, medium: tuple[str, tuple[str, ...]], problems: list[str]
) -> dict[str, str | None] | None:
    name, parts = medium
    if sent is None:
        return None
    if not isinstance(sent, dict):
        problems.append(f"{name}: must be an object with {', '.join(parts)}.")
        return None
    after: dict[str, str | None] = dict(before) if isinstance(before, dict) else {}
    for part in parts:
        if part in sent:
            after[part] = _checked(sent[part], f"{name}.{part}", problems)
    return {part: text for part, text in after.items() if text is not None}


def _checked(text: Any, where: str, problems: list[str]) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        problems.append(f"{where}: must be a text or null.")
        return None
    problem = template_problem(text)
    if problem is not None:
        problems.append(f"{where}: {problem}")
    return text
