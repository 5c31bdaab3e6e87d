"""Reads the fields of a posted form; files in it are left out unread: attachments are no part of an alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import compat32
from urllib.parse import parse_qsl

MAX_FIELDS = 1000
_HEADERS = BytesHeaderParser(policy=compat32)


@dataclass(frozen=True)
class Form:
    """Fields by name; of several with one name the last counts, as the providers document."""

    fields: Mapping[str, bytes] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self.fields

    def raw(self, name: str) -> bytes:
        """Return a field's bytes, b"" when it is missing."""
        return self.fields.get(name, b"")

    def text(self, name: str) -> str:
        """Return a field as text, "" when it is missing."""
        return self.raw(name).decode("utf-8", "replace")


def form_of(body: bytes, content_type: str) -> Form:
    """Return the fields of a body; a body that is no form has none."""
    header = _HEADERS.parsebytes(b"Content-Type: " + content_type.encode("utf-8", "replace"))
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        return Form(_urlencoded(body))
    if kind == "multipart/form-data":
        return Form(_multipart(body, str(header.get_boundary(""))))
    return Form()


def _urlencoded(body: bytes) -> dict[str, bytes]:
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name.decode("utf-8", "replace"): value for name, value in pairs}


def _multipart(body: bytes, boundary: str) -> dict[str, bytes]:
    if not boundary:
        return {}
    found: dict[str, bytes] = {}
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"), MAX_FIELDS)
    for part in parts[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        headers = _HEADERS.parsebytes(head.lstrip(b"\r\n")[:8000])
        name = headers.get_param("name", header="content-disposition")
        is_file = headers.get_param("filename", header="content-disposition") is not None
        if isinstance(name, str) and not is_file:
            found[name] = value
    return found
