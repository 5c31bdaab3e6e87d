"""Remembers what was found of alerts that look the same to every template of both configurations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.domain.behaviour_jobs import Behaviour, BehaviourJob, Side
from shared.domain.behaviour_texts import Differing
from shared.domain.evaluation import DECIDING, default_of, sources_of, template_of
from shared.domain.evaluation_memory import Bounded, Memory, Worth
from shared.domain.template_jobs import PARTS
from shared.integrations import dynamic_labels_of
from shared.templates import Path, Reads, reads_at, reads_of

MOST_BYTES = 8 * 1024 * 1024
# What a decision takes beside its texts.
DECIDED_BYTES = 1000
MOST_QUESTIONS = 1000
PAYLOAD = "payload"
Question = tuple[int, int, tuple[str, ...], str, bool, bool]


class Remembered:
    """What was found of earlier alerts, by all that the templates of the question can see of their payloads.

    `texts` is what single templates made, for alerts that differ in what others see; `differing` tells which texts
    need not be made at all.
    """

    def __init__(self) -> None:
        self.texts = Memory()
        self.differing = Differing()
        self._found = Bounded[Behaviour](MOST_BYTES)
        # With its sides, so that no other ones get their identity.
        self._reads: dict[Question, tuple[Side, Side, Reads | None, Worth]] = {}

    def key(self, job: BehaviourJob) -> tuple[Any, ...] | None:
        """Return what is equal for alerts of which the same is found.

        None when more than the payload decides, or hardly any alert looks like an earlier one.
        """
        if job.alert.read_as:
            return None
        question = _question(job)
        known = self._reads.get(question)
        if known is None:
            if len(self._reads) >= MOST_QUESTIONS:
                self._reads.clear()
                self._found = Bounded(MOST_BYTES)
            known = self._reads[question] = (job.before, job.after, _reads(job), Worth())
        _, _, reads, worth = known
        seen = reads.key({PAYLOAD: job.alert.payload}) if reads is not None and worth.is_asked() else None
        return None if seen is None else (question, seen)

    def get(self, key: tuple[Any, ...]) -> Behaviour | None:
        """Return what was found of an alert that looks the same."""
        found = self._found.get(key)
        if found is not None:
            self._reads[key[0]][3].found()
        return found

    def put(self, key: tuple[Any, ...], found: Behaviour) -> None:
        """Remember it, unless it is of this alert alone: what nothing groups is known by its id."""
        if found.before.is_grouped and (found.after is None or found.after.is_grouped):
            size = sum(len(one.before) + len(one.after) for one in found.texts)
            self._found.put(key, found, DECIDED_BYTES + size)


def _question(job: BehaviourJob) -> Question:
    sides = (id(job.before.integration), id(job.after.integration))
    return (*sides, job.media, job.decided_by, job.is_grouped, job.with_title)


def _reads(job: BehaviourJob) -> Reads | None:
    """Return all that the question can see of a payload; None when it may see more."""
    paths: set[Path] = set()
    for side in (job.before, job.after):
        for source in _sources(job, side):
            reads = reads_of(source)
            if reads is None or reads.is_volatile:
                return None
            paths |= {one for one in reads.paths if one.root == PAYLOAD}
        if any(one.routing_type == "regex" for one in side.routes):
            paths.add(Path(PAYLOAD))
    return reads_at(paths)


def _sources(job: BehaviourJob, side: Side) -> Iterator[str]:
    """Yield every template that may be evaluated; what others are made of comes from these and from the payload."""
    integration, routes = side
    yield from dynamic_labels_of(integration.type).values()
    yield from (one.value for one in integration.labels.dynamic)
    if integration.labels.template is not None:
        yield integration.labels.template
    yield from (one.routing_regex for one in routes if one.routing_type == "jinja2" and one.routing_regex)
    for name in DECIDING:
        yield from sources_of(integration, name)
    media = {"web", *job.media} if job.media or job.with_title else set()
    if media:
        yield from sources_of(integration, "source_link")
    for medium in sorted(media):
        for part in PARTS[medium]:
            found = (template_of(integration, medium, part), default_of(integration.type, medium, part))
            yield from (one for one in found if one is not None)
