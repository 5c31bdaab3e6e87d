"""Which texts two settings of an integration may make otherwise, told from their templates alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.domain.configuration import Integration
from shared.domain.evaluation import sources_of
from shared.domain.rendering import text_sources
from shared.domain.template_jobs import MESSAGE, PARTS, TITLE
from shared.templates import reads_of

Parts = dict[str, tuple[str, ...]]


class Differing(NamedTuple):
    """The parts that may differ, by medium, the web's among them; and whether the link to the source may."""

    parts: Parts
    source_link: bool

    @property
    def is_any(self) -> bool:
        """Whether anything may differ."""
        return self.source_link or any(self.parts.values())


def differing(sides: Sequence[Integration], media: tuple[str, ...], *, labels_differ: bool) -> Differing:
    """Return what may differ for an alert that is shown in these media."""
    before, after = sides
    media = tuple(dict.fromkeys(("web", *media)))
    if (before.type, before.name) != (after.type, after.name):
        # A text whose templates fail is made of these.
        return Differing({medium: PARTS[medium] for medium in media}, source_link=True)
    changed = {"labels"} if labels_differ else set()
    if before.base_url != after.base_url:
        changed.add("base_url")
    links = [sources_of(one, "source_link") for one in (before, after)]
    if links[0] != links[1] or _sees(links[0], changed) or "base_url" in changed:
        changed.add("source_link")
    parts = dict(_differing(before, after, media, changed))
    return Differing(parts, "source_link" in changed)


def _differing(
    before: Integration, after: Integration, media: tuple[str, ...], changed: set[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
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
