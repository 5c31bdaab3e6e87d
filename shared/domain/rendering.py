"""Decides what each medium shows of a group: its appearance templates, rendered over the newest alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from shared.domain.cards import CARD_OF, Texts, prepared_for_telegram
from shared.domain.configuration import Integration
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
    link = link_of(job.integration, source_link)
    cards = {medium: CARD_OF[medium](texts[medium], link, job.group_url) for medium in job.media}
    return marked_cards(cards) if job.group.is_demo else cards


def link_of(integration: Integration, source_link: str | None) -> str | None:
    """Return the link that cards have of the text that its template made; None when that is no link."""
    completed = absolute(source_link, integration.base_url)
    return completed if is_link(completed) else None


def text_sources(integration: Integration, medium: str, part: str) -> list[str] | None:
    """Return the templates to try for a text, the first one first; None where it is that of the web."""
    own = template_of(integration, medium, part)
    default = default_of(integration.type, medium, part)
    if own is None and default is None and medium != "web" and template_of(integration, "web", part) is None:
        return None
    if default is None:
        default = default_of(integration.type, "web", part)
    return [one for one in (own, default) if one is not None]


class Recipe(NamedTuple):
    """The templates to try for each text that is to be made: by medium and part, as `text_sources` returns them.

    `source_link` has none where nobody wants to know the link.
    """

    source_link: Sequence[str]
    texts: Mapping[str, Mapping[str, list[str] | None]]


def recipe_of(
    integration: Integration,
    media: Sequence[str],
    parts: Mapping[str, Sequence[str]] = PARTS,
    *,
    with_link: bool = True,
) -> Recipe:
    """Return what makes these parts of media, with the web's texts and the link that their templates see."""
    texts: dict[str, dict[str, list[str] | None]] = {"web": {}}
    for medium in media:
        texts[medium] = {part: text_sources(integration, medium, part) for part in parts[medium]}
    if len(texts["web"]) < len(PARTS["web"]):
        used = _used_of_web(texts)
        texts["web"] = {part: text_sources(integration, "web", part) for part in PARTS["web"] if part in used}
    if not with_link:
        every = (source for some in texts.values() for sources in some.values() for source in sources or ())
        with_link = any("source_link" in source for source in every)
    return Recipe(sources_of(integration, "source_link") if with_link else (), texts)


def _used_of_web(texts: Mapping[str, Mapping[str, list[str] | None]]) -> set[str]:
    """Return the parts of the web that are asked for, shown by other media instead of their own, or read there."""
    others = [
        (part, made) for medium, some in texts.items() if medium != "web" for part, made in some.items()
    ]
    read = "".join(source for _, made in others for source in made or ())
    return {
        *texts["web"],
        *(part for part, made in others if made is None),
        *(part for part in PARTS["web"] if f"web_{part}" in read),
    }


def render_texts(
    job: RenderJob, now: datetime, memory: Memory | None = None, recipe: Recipe | None = None
) -> tuple[dict[str, Texts], str | None, tuple[Problem, ...]]:
    """Return what the templates themselves make, before a medium's mark-up: texts by medium, source link, problems.

    `recipe` is for who makes one for many alerts, or wants less than everything of the media.
    """
    rendering = _Rendering(job, now, memory, recipe)
    texts = {medium: rendering.medium(medium) for medium in rendering.recipe.texts}
    return texts, rendering.source_link, tuple(rendering.evaluation.problems)


class _Rendering:
    """One job under way: source link first, then web, then whichever media build on it."""

    def __init__(self, job: RenderJob, now: datetime, memory: Memory | None, recipe: Recipe | None) -> None:
        number = "" if job.group.number is None else job.group.number
        self._integration = integration = as_read(job.integration, job.read_as)
        self.recipe = recipe or recipe_of(integration, job.media)
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
        sources = self.recipe.source_link
        self.source_link = _nullable(self.evaluation.first("source_link", sources)) if sources else None
        self.evaluation.variables["source_link"] = self.source_link or ""
        self._web = Texts()

    def medium(self, medium: str) -> Texts:
        """Render a medium's templates, the web's first; a part without a template of its own is that of the web."""
        if medium == "web":
            return self._of_web()
        return self._telegram() if medium == "telegram" else self._texts(medium)

    def _texts(self, medium: str) -> Texts:
        made = self.recipe.texts[medium].items()
        return Texts(**{part: self._text(medium, part, sources) for part, sources in made})

    def _of_web(self) -> Texts:
        """Render the web's templates, and let the other media's templates see what they make."""
        self._web = self._texts("web")
        self.evaluation.variables.update(
            web_title=self._web.title or "",
            web_message=self._web.message or "",
            web_image_url=self._web.image_url or "",
        )
        return self._web

    def _telegram(self) -> Texts:
        """Telegram's templates make HTML, so what they are given is escaped before."""
        variables = self.evaluation.variables
        given = {name: variables[name] for name in ("payload", "labels", "web_title", "web_message")}
        variables.update({name: prepared_for_telegram(value) for name, value in given.items()})
        try:
            return self._texts("telegram")
        finally:
            variables.update(given)

    def _text(self, medium: str, part: str, sources: list[str] | None) -> str | None:
        if sources is None:
            return self._reused(medium, part)
        if not sources:
            return None
        limit = TITLE_LIMIT if part == "title" else RESULT_LIMIT
        text = self.evaluation.first(f"{medium}.{part}", sources, limit)
        return _nullable(text) if text is not None else self._constant(medium, part)

    def _reused(self, medium: str, part: str) -> str | None:
        text: str | None = getattr(self._web, part)
        return prepared_for_telegram(text) if medium == "telegram" and part != "image_url" else text

    def _constant(self, medium: str, part: str) -> str | None:
        if part == "image_url":
            return None
        title = plain_title(self._integration)
        return title if part == "title" else f"{title}: the templates of {medium}.{part} failed"


def _nullable(text: str | None) -> str | None:
    """A template that prints null means that there is none."""
    return None if text is None or text.strip() == "None" else text
