"""Labels of an integration as users declare them, and the rules that every label keeps (text, length, number)."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.model import Frozen

KEY_LIMIT = VALUE_LIMIT = 200
MOST_LABELS = 15
# In any case, and like an empty text: this alert has no such label.
NO_VALUE = "none"


class Label(Frozen):
    """One key with its value; of a dynamic label the value is a template over the payload."""

    key: str
    value: str


class LabelSettings(Frozen):
    """Where the labels of an alert come from: `static`, then `dynamic`, then `template`; of one key the last wins.

    `template` must render to a JSON object whose values are texts, numbers or booleans.
    """

    static: tuple[Label, ...] = ()
    dynamic: tuple[Label, ...] = ()
    template: str | None = None


def is_absent(value: str) -> bool:
    """Whether a rendered value means that the alert has no such label."""
    return value.strip().lower() in ("", NO_VALUE)


def key_fault(key: str) -> str | None:
    """Return what keeps a text from being a label's key, None when nothing does."""
    if 1 <= len(key) <= KEY_LIMIT:
        return None
    return f"a label's key has 1 to {KEY_LIMIT} characters, this one {len(key)}"


def value_fault(value: str) -> str | None:
    """Return what keeps a text from being a label's value, None when nothing does."""
    if is_absent(value):
        return 'a label\'s value is neither empty nor "none"'
    if len(value) <= VALUE_LIMIT:
        return None
    return f"a label's value has 1 to {VALUE_LIMIT} characters, this one {len(value)}"


def as_text(value: object) -> str | None:
    """Return a JSON value as a label's text (true and false as in JSON), None for what is no single value.

    The text can always be written as UTF-8.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return None
    # JSON may spell half a character, which nothing could store.
    return str(value).encode(errors="replace").decode()


def by_key(labels: Iterable[Label]) -> dict[str, str]:
    """Return the values by key; of one key the last wins."""
    return {one.key: one.value for one in labels}
