"""Labels in the public API: `{"key": {"id", "name"}, "value": {"id", "name"}}`; ids are the names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ConfigDict

from services.api.refusals import Invalid
from services.api.resources.desk import Body
from shared.domain.labels import Label, key_fault, value_fault


class NameBody(Body):
    """A key or a value; `id` is taken and not kept."""

    id: str | None = None
    name: str


class LabelBody(Body):
    """One label as clients write it; a bare text is taken for its name."""

    model_config = ConfigDict(extra="ignore", strict=True)

    key: NameBody | str
    value: NameBody | str

    def label(self) -> Label:
        """Return it without ids."""
        return Label(key=_name(self.key), value=_name(self.value))


def shown(labels: Iterable[Label]) -> list[dict[str, Any]]:
    """Return labels as clients read them."""
    return [{"key": _shape(one.key), "value": _shape(one.value)} for one in labels]


def read(sent: Sequence[LabelBody], field: str, *, templates: bool = False) -> tuple[Label, ...]:
    """Return the labels that a client sent; the values of dynamic ones are templates, which have other rules.

    Raises:
        Invalid: a key or a value breaks a rule, or a key stands twice.
    """
    labels = tuple(one.label() for one in sent)
    seen: set[str] = set()
    for one in labels:
        fault = key_fault(one.key) or (None if templates else value_fault(one.value))
        if one.key in seen:
            fault = "this key stands twice"
        if fault is not None:
            raise Invalid.field(field, f"{one.key}: {fault}.")
        seen.add(one.key)
    return labels


def _name(sent: NameBody | str) -> str:
    return sent if isinstance(sent, str) else sent.name


def _shape(name: str) -> dict[str, str]:
    return {"id": name, "name": name}
