"""What a request is refused with: a status and the JSON body that existing clients understand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refused(Exception):
    """The request is answered with `status` and `body`; `headers` are added."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    @classmethod
    def because(cls, status: int, detail: str) -> Refused:
        """Refuse with a sentence."""
        return cls(status, {"detail": detail})

    @classmethod
    def not_found(cls) -> Refused:
        """Refuse an id that does not exist (any more)."""
        return cls(404, {"detail": "Not found."})


class Invalid(Refused):
    """400 that names the fields: {"field": ["sentence", …]}."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(400, {field: list(texts) for field, texts in errors.items()})
        self.errors = errors

    @classmethod
    def field(cls, name: str, text: str) -> Invalid:
        """Refuse one field."""
        return cls({name: [text]})
