"""Which texts two settings of an integration may make otherwise, told from their templates alone."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.configuration import Integration
from shared.domain.evaluation import sources_of
from shared.domain.rendering import text_sources
from shared.domain.template_jobs import MESSAGE, PARTS, TITLE
from shared.templates import reads_of

Parts = dict[str, tuple[str, ...]]
MOST_QUESTIONS = 1000


class Differing:
    """Finds the parts of media that may differ; what was asked before is remembered."""

    def __init__(self) -> None:
        # With its integrations, so that no other ones get their identity.
        self._known: dict[tuple[object, ...], tuple[Integration, Integration, Parts]] = {}

    def parts(
        self, sides: tuple[Integration, Integration], media: tuple[str, ...], *, labels_differ: bool
    ) -> Parts:
        """Return by medium the parts that may differ for an alert: the media asked for, and the web."""
        before, after = sides
        key = (id(before), id(after), media, labels_differ)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_QUESTIONS:
                self._known.clear()
            parts = dict(_differing(before, after, media, labels_differ=labels_differ))
            known = self._known[key] = (before, after, parts)
        return known[2]


def _differing(
    before: Integration, after: Integration, media: tuple[str, ...], *, labels_differ: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    media = tuple(dict.fromkeys(("web", *media)))
    if (before.type, before.name) != (after.type, after.name):
        # A text whose templates fail is made of these.
        yield from ((medium, PARTS[medium]) for medium in media)
        return
    changed = {"labels"} if labels_differ else set()
    if before.base_url != after.base_url:
        changed.add("base_url")
    links = [sources_of(one, "source_link") for one in (before, after)]
    if links[0] != links[1] or _sees(links[0], changed):
        changed.add("source_link")
    for medium in media:
        found = []
        for part in PARTS[medium]:
            was, will = (text_sources(one, medium, part) for one in (before, after))
            reused = f"web_{part}" in changed if was is None else _sees(was, changed)
            if was != will or reused:
                found.append(part)
                if medium == "web":
                    changed.add(f"web_{part}")
        if medium == "telegram" and MESSAGE in found and TITLE not in found:
            found.insert(0, TITLE)  # Together they are held to the length of one message.
        yield medium, tuple(found)


def _sees(sources: list[str], changed: set[str]) -> bool:
    """Whether one of these templates sees a variable that differs; one that cannot be read may see any."""
    reads = [reads_of(one) for one in sources] if changed else []
    return any(one is None or not changed.isdisjoint(one.roots) for one in reads)
