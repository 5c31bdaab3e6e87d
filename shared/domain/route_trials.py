"""Routes tried one by one, each with what came of it: for people who ask why an alert went where it went."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.configuration import Route
from shared.domain.evaluation import Evaluation
from shared.domain.routing import Dump, matches
from shared.domain.template_jobs import RouteTrial

SHOWN = 100


def trials(evaluation: Evaluation, routes: Sequence[Route]) -> tuple[RouteTrial, ...]:
    """Return every route in the order in which they are tried; those after the first match are not tried.

    Problems are noted as in the pipeline. `routes` are in order, the default one last.
    """
    dump = Dump(evaluation.variables["payload"])
    found: list[RouteTrial] = []
    is_taken = False
    for number, one in enumerate(routes, start=1):
        matched, reason = (None, "an earlier route matched") if is_taken else _tried(evaluation, one, dump)
        is_taken = is_taken or bool(matched)
        found.append(
            RouteTrial(id=one.id, number=number, is_default=one.is_default, matched=matched, reason=reason)
        )
    return tuple(found)


def _tried(evaluation: Evaluation, one: Route, dump: Dump) -> tuple[bool, str]:
    if one.is_default:
        return True, "the default route takes what no other did"
    before = len(evaluation.problems)
    matched = matches(evaluation, one, dump)
    if len(evaluation.problems) > before:
        return False, f"it failed: {evaluation.problems[-1].message}"
    return matched, _words(evaluation, one, matched)


def _words(evaluation: Evaluation, one: Route, matched: bool) -> str:
    if one.routing_type == "labels":
        return _label_words(evaluation, one)
    if not one.routing_regex:
        return "it has no expression"
    if one.routing_type == "regex":
        return f"the pattern was {'' if matched else 'not '}found in the payload's JSON text"
    printed = evaluation.text(f"route {one.id}", one.routing_regex) or ""
    meaning = "which is yes" if matched else "which is neither 1, true nor ok"
    return f"the expression printed {printed.strip()[:SHOWN]!r}, {meaning}"


def _label_words(evaluation: Evaluation, one: Route) -> str:
    labels = evaluation.variables["labels"]
    if not one.filtering_labels:
        return "it names no labels"
    missing = [
        f"{each.key}={each.value}" for each in one.filtering_labels if labels.get(each.key) != each.value
    ]
    return f"the alert lacks {', '.join(missing)}" if missing else "the alert has all its labels"
