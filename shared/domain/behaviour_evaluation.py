"""Evaluates one alert under two configurations: what both have in common is evaluated once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from shared.domain.behaviour_jobs import LONGEST_TEXT, Behaviour, BehaviourJob, Decided, Side, TextChange
from shared.domain.behaviour_memory import Remembered
from shared.domain.cards import CARD_OF, Texts
from shared.domain.configuration import Integration
from shared.domain.evaluation_memory import Memory
from shared.domain.model import Alert, Group
from shared.domain.preview import GROUP_URL, NUMBER
from shared.domain.rendering import Recipe, link_of, render_texts
from shared.domain.routing import decide, evaluation_of, taken_by
from shared.domain.template_jobs import PARTS as TEMPLATED
from shared.domain.template_jobs import RenderJob, RouteJob

# What is copied for every alert: copies of a model are made five times as fast as models.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_GROUP = Group(
    id="",
    integration_id="",
    key="",
    number=NUMBER,
    first_alert_id="",
    last_alert_id="",
    opened_at=_NEVER,
    last_alert_at=_NEVER,
)
_INTEGRATION = Integration(id="", name="", type="webhook", token_digest="")
_ASKED = RenderJob(integration=_INTEGRATION, group=_GROUP, group_url=GROUP_URL)
_TO_ROUTE = RouteJob(
    alert=Alert(id="", integration_id="", received_at=_NEVER), integration=_INTEGRATION, routes=()
)
PARTS = ("title", "message", "image_url", "source_link")


def behave(job: BehaviourJob, now: datetime, remembered: Remembered | None = None) -> Behaviour:
    """Return what each configuration decides of the alert, and the texts that differ between them.

    `remembered` is for who asks about many alerts.
    """
    remembered = remembered or Remembered()
    remembered.texts.next_alert()
    key = remembered.key(job)
    found = remembered.get(key) if key is not None else None
    if found is None:
        found = _compared(job, now, remembered)
        if key is not None:
            remembered.put(key, found)
    return found


def _compared(job: BehaviourJob, now: datetime, remembered: Remembered) -> Behaviour:
    compared, memory = job.comparison, remembered.texts
    before = after = _decided(job, compared.before, now, memory)
    if compared.decided_by == "routes":
        asked = _asked(job.alert, compared.after)
        route_id = taken_by(asked, evaluation_of(asked, now, memory))
        after = before if route_id == before.route_id else before.model_copy(update={"route_id": route_id})
    elif compared.decided_by == "all":
        after = _decided(job, compared.after, now, memory)
    texts: tuple[TextChange, ...] = ()
    media = compared.media_of(after.route_id)
    if media:
        texts = tuple(_differences(job, media, (before.labels, after.labels), now, remembered))
    return Behaviour(before=before, after=None if before == after else after, texts=texts)


def _asked(alert: Alert, side: Side) -> RouteJob:
    return _TO_ROUTE.model_copy(
        update={"alert": alert, "integration": side.integration, "routes": side.routes}
    )


def _decided(job: BehaviourJob, side: Side, now: datetime, memory: Memory) -> Decided:
    compared = job.comparison
    asked = _asked(job.alert, side)
    evaluation = evaluation_of(asked, now, memory)
    if not compared.is_grouped:
        return Decided(route_id=taken_by(asked, evaluation), key="", labels=evaluation.variables["labels"])
    routed = decide(asked, evaluation, with_title=compared.with_title)
    return Decided(
        route_id=routed.route_id,
        key=routed.grouping_digest,
        is_grouped=routed.grouping_key is not None,
        resolve=routed.resolve,
        acknowledge=routed.acknowledge,
        title=routed.title,
        labels=routed.labels,
    )


def _shown(alert: Alert, side: Side, media: tuple[str, ...], labels: dict[str, str]) -> RenderJob:
    """Return what is asked to show a group whose newest alert this is."""
    group = _GROUP.model_copy(update={"last_alert_id": alert.id, "labels": labels})
    changes = {"integration": side.integration, "group": group, "media": media}
    return _ASKED.model_copy(update={**changes, "payload": alert.payload, "read_as": alert.read_as})


def _differences(
    job: BehaviourJob,
    media: tuple[str, ...],
    labels: tuple[dict[str, str], dict[str, str]],
    now: datetime,
    remembered: Remembered,
) -> Iterator[TextChange]:
    sides = (job.comparison.before, job.comparison.after)
    parts: Mapping[str, tuple[str, ...]] = TEMPLATED
    recipes: Sequence[Recipe | None] = (None, None)
    if not job.alert.read_as:  # Else other templates than the integration's own may be used.
        known = remembered.of(job.comparison)
        found, recipes = known.texts(media, labels_differ=labels[0] != labels[1])
        if not found.is_any:
            return
        parts = found.parts
    shown = [_shown(job.alert, side, media, some) for side, some in zip(sides, labels, strict=True)]
    made = [
        render_texts(one, now, remembered.texts, recipe) for one, recipe in zip(shown, recipes, strict=True)
    ]
    links = [link_of(one.integration, link) for one, (_, link, _) in zip(shown, made, strict=True)]
    for medium in media:
        # Of the web, more was made where another medium of one side needs it.
        texts = [Texts(**{part: getattr(one[medium], part) for part in parts[medium]}) for one, *_ in made]
        if texts[0] != texts[1] or links[0] != links[1]:
            yield from _changes(medium, texts, links)


def _changes(medium: str, texts: Sequence[Texts], links: Sequence[str | None]) -> Iterator[TextChange]:
    """Yield what differs in a medium. Mark-up is made only of texts that do: it takes longer than the templates."""
    if texts[0].message == texts[1].message:
        texts = [one._replace(message=None) for one in texts]
    old, new = (CARD_OF[medium](one, link, GROUP_URL) for one, link in zip(texts, links, strict=True))
    for part in PARTS:
        before, after = getattr(old, part) or "", getattr(new, part) or ""
        if before != after:
            yield TextChange(
                where=f"{medium}.{part}", before=before[:LONGEST_TEXT], after=after[:LONGEST_TEXT]
            )
