"""A step of an escalation chain in an exported declaration: its type and what is set of it, by name."""

from __future__ import annotations

from typing import Any

from shared.domain.configuration import StepConfig
from shared.domain.declaration_names import STEP_REFERENCES
from shared.domain.exported_names import ExportedNames, word_if_bare
from shared.domain.model import Frozen


def exported_step(row: StepConfig, names: ExportedNames) -> dict[str, Any] | str:
    """Return a step; one that only has a type is that word."""
    written: dict[str, Any] = {"type": row.type}
    if row.important:
        written["important"] = True
    if row.condition is not None:
        written["condition"] = row.condition
    for name, value in row.parameters.items():
        if value not in (None, [], ()):
            model = STEP_REFERENCES.get(name)
            written[name] = value if model is None else _named(model, value, names)
    return word_if_bare(written)


def _named(model: type[Frozen], value: Any, names: ExportedNames) -> Any:
    return (
        [names.of(model, one) for one in value] if isinstance(value, list | tuple) else names.of(model, value)
    )
