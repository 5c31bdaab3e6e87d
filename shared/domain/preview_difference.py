"""What a changed configuration would make different of an alert, by comparing two previews."""

from __future__ import annotations

from shared.domain.model import Frozen
from shared.domain.template_jobs import Preview

DECIDED = (
    "route_id",
    "grouping_key",
    "resolve",
    "acknowledge",
    "source_link",
    "title",
    "labels",
)
CARD_PARTS = ("title", "message", "image_url", "source_link")


class Difference(Frozen):
    """One thing that differs: its name ("grouping_key", "slack.message"), and how it reads before and after."""

    what: str
    before: object = None
    after: object = None


def differences(before: Preview, after: Preview) -> tuple[Difference, ...]:
    """Return what differs, the decisions first, then what each medium shows; problems that came or went last."""
    found = [
        Difference(what=name, before=getattr(before, name), after=getattr(after, name))
        for name in DECIDED
        if getattr(before, name) != getattr(after, name)
    ]
    for medium, card in after.cards.items():
        other = before.cards.get(medium)
        found += [
            Difference(what=f"{medium}.{part}", before=getattr(other, part, None), after=getattr(card, part))
            for part in CARD_PARTS
            if getattr(other, part, None) != getattr(card, part)
        ]
    if before.errors != after.errors:
        said = [[f"{one.template}: {one.message}" for one in each.errors] for each in (before, after)]
        found.append(Difference(what="problems", before=said[0], after=said[1]))
    return tuple(found)
