"""Remembers what was found of alerts that look the same to every template of both configurations."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.behaviour_jobs import Behaviour, BehaviourJob, Comparison, Side
from shared.domain.behaviour_texts import Differing, differing
from shared.domain.evaluation import DECIDING, default_of, sources_of, template_of
from shared.domain.evaluation_memory import Bounded, Memory, Worth
from shared.domain.rendering import Recipe, recipe_of
from shared.domain.template_jobs import PARTS
from shared.integrations import dynamic_labels_of
from shared.templates import Path, Reads, reads_at, reads_of

MOST_BYTES = 8 * 1024 * 1024
# What a decision takes beside its texts.
DECIDED_BYTES = 1000
MOST_COMPARISONS = 1000
PAYLOAD = "payload"
Key = tuple[Comparison, bytes]
Media = tuple[str, ...]


class Known:
    """What the templates of a comparison tell before any alert does."""

    def __init__(self, comparison: Comparison) -> None:
        self.reads = _reads(comparison)
        self.worth = Worth()
        self._integrations = (comparison.before.integration, comparison.after.integration)
        self._texts: dict[tuple[Media, bool], tuple[Differing, tuple[Recipe, ...]]] = {}

    def texts(self, media: Media, *, labels_differ: bool) -> tuple[Differing, tuple[Recipe, ...]]:
        """Return what may differ of an alert that is shown in these media, and what makes it on each side."""
        key = (media, labels_differ)
        known = self._texts.get(key)
        if known is None:
            found = differing(self._integrations, media, labels_differ=labels_differ)
            recipes = (
                recipe_of(one, media, found.parts, with_link=found.source_link) for one in self._integrations
            )
            known = self._texts[key] = (found, tuple(recipes))
        return known


class Remembered:
    """What was found of earlier alerts, by all that the templates of the comparison can see of their payloads.

    `texts` is what single templates made, for alerts that differ in what others see.
    """

    def __init__(self) -> None:
        self.texts = Memory()
        self._found = Bounded[Behaviour](MOST_BYTES)
        self._known: dict[Comparison, Known] = {}

    def of(self, comparison: Comparison) -> Known:
        """Return what is known of a comparison."""
        known = self._known.get(comparison)
        if known is None:
            if len(self._known) >= MOST_COMPARISONS:
                self._known.clear()
                self._found = Bounded(MOST_BYTES)
            known = self._known[comparison] = Known(comparison)
        return known

    def key(self, job: BehaviourJob) -> Key | None:
        """Return what is equal for alerts of which the same is found.

        None when more than the payload decides, or hardly any alert looks like an earlier one.
        """
        if job.alert.read_as:
            return None
        known = self.of(job.comparison)
        if known.reads is None or not known.worth.is_asked():
            return None
        seen = known.reads.key({PAYLOAD: job.alert.payload})
        return None if seen is None else (job.comparison, seen)

    def get(self, key: Key) -> Behaviour | None:
        """Return what was found of an alert that looks the same."""
        found = self._found.get(key)
        if found is not None:
            self.of(key[0]).worth.found()
        return found

    def put(self, key: Key, found: Behaviour) -> None:
        """Remember it, unless it is of this alert alone: what nothing groups is known by its id."""
        if found.before.is_grouped and (found.after is None or found.after.is_grouped):
            size = sum(len(one.before) + len(one.after) for one in found.texts)
            self._found.put(key, found, DECIDED_BYTES + size)


def _reads(comparison: Comparison) -> Reads | None:
    """Return all that the question can see of a payload; None when it may see more."""
    paths: set[Path] = set()
    for side in (comparison.before, comparison.after):
        for source in _sources(comparison, side):
            reads = reads_of(source)
            if reads is None or reads.is_volatile:
                return None
            paths |= {one for one in reads.paths if one.root == PAYLOAD}
        if any(one.routing_type == "regex" for one in side.routes):
            paths.add(Path(PAYLOAD))
    return reads_at(paths)


def _sources(comparison: Comparison, side: Side) -> Iterator[str]:
    """Yield every template that may be evaluated; what others are made of comes from these and from the payload."""
    integration, routes = side
    yield from dynamic_labels_of(integration.type).values()
    yield from (one.value for one in integration.labels.dynamic)
    if integration.labels.template is not None:
        yield integration.labels.template
    yield from (one.routing_regex for one in routes if one.routing_type == "jinja2" and one.routing_regex)
    for name in DECIDING:
        yield from sources_of(integration, name)
    shown = {medium for some in comparison.shown.values() for medium in some}
    media = {"web", *shown} if shown or comparison.with_title else set()
    if media:
        yield from sources_of(integration, "source_link")
    for medium in sorted(media):
        for part in PARTS[medium]:
            found = (template_of(integration, medium, part), default_of(integration.type, medium, part))
            yield from (one for one in found if one is not None)
