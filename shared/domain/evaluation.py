"""One alert's templates being evaluated: failures become problems, and the decision goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared.domain.configuration import Integration
from shared.domain.evaluation_memory import Memory
from shared.domain.model import Problem
from shared.domain.problems import text_digest
from shared.integrations import defaults_of
from shared.templates import RESULT_LIMIT, TemplateFailure, evaluate

DECIDING = ("grouping_key", "resolve_signal", "acknowledge_signal")


class Evaluation:
    """The variables of one alert, and the problems met so far.

    Nothing here raises for a user's mistake: a text that cannot be made is None, and a problem is noted.
    """

    def __init__(
        self,
        integration: Integration,
        alert_id: str,
        now: datetime,
        variables: dict[str, Any],
        memory: Memory | None = None,
    ) -> None:
        self._evaluate = memory.evaluated if memory is not None else evaluate
        self.integration = integration
        self.alert_id = alert_id
        self.variables = {**variables, "time": lambda: now}
        self.problems: list[Problem] = []

    def text(self, where: str, source: str, limit: int = RESULT_LIMIT) -> str | None:
        """Return what one template makes, or None when it fails; `where` names it for people."""
        try:
            return self._evaluate(source, self.variables, limit)
        except TemplateFailure as failure:
            self.note(where, failure, source)
            return None

    def first(self, where: str, sources: Sequence[str], limit: int = RESULT_LIMIT) -> str | None:
        """Return what the first template that works makes, or None when none does."""
        for source in sources:
            text = self.text(where, source, limit)
            if text is not None:
                return text
        return None

    def note(self, where: str, failure: TemplateFailure, source: str | None = None) -> None:
        """Keep a problem for the trace and for the integration's page; `source` is the text that failed."""
        self.problems.append(
            Problem(
                integration_id=self.integration.id,
                where=where,
                message=failure.message,
                line=failure.line,
                alert_id=self.alert_id,
                digest="" if source is None else text_digest(source),
            )
        )


def as_read(integration: Integration, read_as: str) -> Integration:
    """Return the integration as its templates read an alert; `read_as` is "" for what a tool sent.

    An alert of Tocsin's own must group and resolve whatever a user wrote: its grouping and its signals are always
    the type's defaults. What people see of it is the user's where the payload has the shape that he wrote for.
    """
    if not read_as:
        return integration
    own = integration.templates if read_as == integration.type else {}
    seen = {name: text for name, text in own.items() if name not in DECIDING}
    return integration.model_copy(update={"type": read_as, "templates": seen})


def template_of(integration: Integration, name: str, part: str | None = None) -> str | None:
    """Return the user's own template; one that is blank or null counts as not set."""
    found = integration.templates.get(name)
    text = found.get(part or "") if isinstance(found, dict) else found
    return text if text and text.strip() else None


@lru_cache(maxsize=4096)
def default_of(slug: str, name: str, part: str | None = None) -> str | None:
    """Return the template that an integration type brings along, None when it has none of its own."""
    found = defaults_of(slug).get(name)
    return found.get(part or "") if isinstance(found, dict) else found


def sources_of(integration: Integration, name: str) -> list[str]:
    """Return what to try for a behavioural template: the user's own text, then the type's."""
    found = (template_of(integration, name), default_of(integration.type, name))
    return [one for one in found if one is not None]
