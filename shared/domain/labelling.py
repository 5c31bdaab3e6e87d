"""Decides the labels of one alert: those of its integration, evaluated over its payload."""

from __future__ import annotations

import json
from typing import Any

from shared.domain.evaluation import Evaluation
from shared.domain.labels import MOST_LABELS, as_text, by_key, is_absent, key_fault, value_fault
from shared.integrations import dynamic_labels_of
from shared.templates import TemplateFailure

MULTI = "label_template"


def labels_of(evaluation: Evaluation) -> dict[str, str]:
    """Return the labels of the alert, sorted by key; a label that breaks a rule is left out and noted.

    A dynamic label of the integration takes the place of the one that its type brings for the same key. A value
    that is empty or "none" means no label and is no mistake.
    """
    settings = evaluation.integration.labels
    dynamic = {**dynamic_labels_of(evaluation.integration.type), **by_key(settings.dynamic)}
    found = by_key(settings.static)
    for key, template in dynamic.items():
        text = evaluation.text(f"labels.{key}", template)
        if text is not None:
            _add(evaluation, found, (f"labels.{key}", template), (key, text))
    if settings.template is not None and settings.template.strip():
        for key, value in _several(evaluation, settings.template).items():
            _add(evaluation, found, (MULTI, settings.template), (key, value))
    return _most(evaluation, found) if len(found) > 1 else found


def _add(
    evaluation: Evaluation, found: dict[str, str], made_by: tuple[str, str], label: tuple[str, Any]
) -> None:
    key, text = label[0].encode(errors="replace").decode(), as_text(label[1])
    if label[1] is None or (text is not None and is_absent(text)):
        return
    fault = key_fault(key) or ("it is no text, number or boolean" if text is None else value_fault(text))
    if fault is not None or text is None:
        where, template = made_by
        evaluation.note(where, TemplateFailure(f"the label {key[:50]} is left out: {fault}"), template)
    else:
        found[key] = text


def _several(evaluation: Evaluation, template: str) -> dict[str, Any]:
    text = evaluation.text(MULTI, template)
    if text is None or is_absent(text):
        return {}
    try:
        labels = json.loads(text)
    except (ValueError, RecursionError) as error:
        evaluation.note(MULTI, TemplateFailure(f"it did not render to JSON: {error}"), template)
        return {}
    if not isinstance(labels, dict):
        evaluation.note(MULTI, TemplateFailure("it rendered to JSON that is not an object"), template)
        return {}
    return labels


def _most(evaluation: Evaluation, found: dict[str, str]) -> dict[str, str]:
    """Keep the first fifteen by key."""
    ordered = sorted(found.items())
    dropped = [key for key, _ in ordered[MOST_LABELS:]]
    if dropped:
        sentence = f"{len(ordered)} labels, {MOST_LABELS} are kept; left out: {', '.join(dropped)}"
        evaluation.note("labels", TemplateFailure(sentence))
    return dict(ordered[:MOST_LABELS])
