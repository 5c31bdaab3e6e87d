"""Decides what each medium shows of a group: its appearance templates, rendered over the newest alert."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.cards import CARD_OF, Texts, prepared_for_telegram
from shared.domain.demo import marked_cards
from shared.domain.evaluation import Evaluation, as_read, default_of, sources_of, template_of
from shared.domain.evaluation_memory import Memory
from shared.domain.markup import is_link
from shared.domain.model import Card, Problem
from shared.domain.template_jobs import PARTS, Rendered, RenderJob, plain_title
from shared.templates import RESULT_LIMIT, TITLE_LIMIT, absolute

__all__ = ["RenderJob", "Rendered", "render", "render_texts"]


def render(job: RenderJob, now: datetime) -> Rendered:
    """Render one group for the media asked for.

    A template of the user that fails is replaced by the type's default, and that by a plain sentence; each
    failure is a problem.
    """
    texts, source_link, problems = render_texts(job, now)
    return Rendered(cards=cards_of(job, texts, source_link), problems=problems)


def cards_of(job: RenderJob, texts: dict[str, Texts], source_link: str | None) -> dict[str, Card]:
    """Return what each medium asked for shows of the texts that the templates made."""
    completed = absolute(source_link, job.integration.base_url)
    link = completed if is_link(completed) else None
    cards = {medium: CARD_OF[medium](texts[medium], link, job.group_url) for medium in job.media}
    return marked_cards(cards) if job.group.is_demo else cards


def render_texts(
    job: RenderJob, now: datetime, memory: Memory | None = None
) -> tuple[dict[str, Texts], str | None, tuple[Problem, ...]]:
    """Return what the templates themselves make, before a medium's mark-up: texts by medium, source link, problems.

    Where the web is not asked for, its texts are made as far as the other media's templates use them.
    """
    rendering = _Rendering(job, now, memory)
    texts = {"web": rendering.web()}
    for medium in job.media:
        if medium != "web":
            texts[medium] = rendering.medium(medium)
    return texts, rendering.source_link, tuple(rendering.evaluation.problems)


class _Rendering:
    """One job under way: source link first, then web, then whichever media build on it."""

    def __init__(self, job: RenderJob, now: datetime, memory: Memory | None = None) -> None:
        number = "" if job.group.number is None else job.group.number
        self._integration = integration = as_read(job.integration, job.read_as)
        self._payload = job.payload
        self._media = job.media
        self._escaped: Any = None
        variables = {
            "payload": job.payload,
            "labels": job.group.labels,
            "integration_name": integration.name,
            "source_link": "",
            "grafana_oncall_alert_group_id": number,
            "grafana_oncall_incident_id": number,
            "grafana_oncall_link": job.group_url,
            "base_url": job.integration.base_url or "",
        }
        self.evaluation = Evaluation(integration, job.group.last_alert_id, now, variables, memory)
        sources = sources_of(integration, "source_link")
        self.source_link = _nullable(self.evaluation.first("source_link", sources)) if sources else None
        self.evaluation.variables["source_link"] = self.source_link or ""
        self._web: Texts | None = None

    def web(self) -> Texts:
        """Render the web templates, once, and let the other media's templates see them."""
        if self._web is None:
            wanted = PARTS["web"] if "web" in self._media else self._used_of_web()
            self._web = Texts(**{part: self._text("web", part) for part in wanted})
            self.evaluation.variables.update(
                web_title=self._web.title or "",
                web_message=self._web.message or "",
                web_image_url=self._web.image_url or "",
            )
        return self._web

    def medium(self, medium: str) -> Texts:
        """Render another medium's templates; a part without a template of its own is that of the web."""
        if medium == "telegram":
            return self._telegram()
        return Texts(**{part: self._text(medium, part) for part in PARTS[medium]})

    def _telegram(self) -> Texts:
        """Telegram's templates make HTML, so what they are given is escaped before."""
        variables = self.evaluation.variables
        given = {name: variables[name] for name in ("payload", "labels", "web_title", "web_message")}
        variables.update({name: prepared_for_telegram(value) for name, value in given.items()})
        try:
            return Texts(**{part: self._text("telegram", part) for part in PARTS["telegram"]})
        finally:
            variables.update(given)

    def _used_of_web(self) -> list[str]:
        """Return the parts of the web that the media asked for are shown instead of their own, or may read."""
        asked = [self._sources(medium, part) for medium in self._media for part in PARTS[medium]]
        texts = "".join(source for sources in asked for source in sources or ())
        reused = {
            part for medium in self._media for part in PARTS[medium] if self._sources(medium, part) is None
        }
        return [part for part in PARTS["web"] if part in reused or f"web_{part}" in texts]

    def _sources(self, medium: str, part: str) -> list[str] | None:
        """Return what to try for a text, the first one first; None where it is that of the web."""
        own = template_of(self._integration, medium, part)
        default = default_of(self._integration.type, medium, part)
        if own is None and default is None and medium != "web" and not self._has_own_web(part):
            return None
        if default is None:
            default = default_of(self._integration.type, "web", part)
        return [one for one in (own, default) if one is not None]

    def _text(self, medium: str, part: str) -> str | None:
        sources = self._sources(medium, part)
        if sources is None:
            return self._reused(medium, part)
        if not sources:
            return None
        limit = TITLE_LIMIT if part == "title" else RESULT_LIMIT
        text = self.evaluation.first(f"{medium}.{part}", sources, limit)
        return _nullable(text) if text is not None else self._constant(medium, part)

    def _has_own_web(self, part: str) -> bool:
        return template_of(self._integration, "web", part) is not None

    def _reused(self, medium: str, part: str) -> str | None:
        text: str | None = getattr(self.web(), part)
        return prepared_for_telegram(text) if medium == "telegram" and part != "image_url" else text

    def _constant(self, medium: str, part: str) -> str | None:
        if part == "image_url":
            return None
        title = plain_title(self._integration)
        return title if part == "title" else f"{title}: the templates of {medium}.{part} failed"


def _nullable(text: str | None) -> str | None:
    """A template that prints null means that there is none."""
    return None if text is None or text.strip() == "None" else text
