"""The labels of an integration in the public API: static ones, dynamic ones, and the multi-label template."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources import labels
from services.api.resources.checks import template_problem
from services.api.resources.desk import Body, Desk
from services.api.resources.labels import LabelBody
from shared.domain.configuration import Integration


class LabelsBody(Body):
    """What a client writes: the value of a dynamic label is a template, `label_template` makes a JSON object."""

    labels: list[LabelBody] | None = None
    dynamic_labels: list[LabelBody] | None = None
    label_template: str | None = None


def shown(_desk: Desk, row: Integration) -> dict[str, Any]:
    """Return the three fields; what the type adds by itself is not among them."""
    return {
        "labels": labels.shown(row.labels.static),
        "dynamic_labels": labels.shown(row.labels.dynamic),
        "label_template": row.labels.template,
    }


def changes(_desk: Desk, row: Integration, body: LabelsBody) -> dict[str, Any]:
    """Return the changed fields of the integration; null empties.

    Raises:
        Invalid: a label breaks a rule, or a template does not compile.
    """
    after: dict[str, Any] = {}
    if body.sent("labels"):
        after["static"] = labels.read(body.labels or (), "labels")
    if body.sent("dynamic_labels"):
        after["dynamic"] = labels.read(body.dynamic_labels or (), "dynamic_labels", templates=True)
        for one in after["dynamic"]:
            _check(one.value, "dynamic_labels", f"{one.key}: ")
    if body.sent("label_template"):
        _check(body.label_template or "", "label_template")
        after["template"] = body.label_template or None
    return {"labels": row.labels.model_copy(update=after)} if after else {}


def _check(template: str, field: str, before: str = "") -> None:
    problem = template_problem(template)
    if problem is not None:
        raise Invalid.field(field, before + problem)
