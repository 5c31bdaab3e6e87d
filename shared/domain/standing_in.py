"""Who is on call in whose place: the swaps of a schedule that were taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from shared.domain.schedules import Swap


class Place(NamedTuple):
    """Who has somebody's place from `start` to `end`; `swap` is by which he came to it, None: it is his own."""

    start: datetime
    end: datetime
    on_call: str
    swap: Swap | None


def stand_in(user_id: str, swaps: Iterable[Swap], at: datetime) -> tuple[str, Swap | None]:
    """Return who is on call in somebody's place at a moment, and by which swap (None: the user).

    Swaps count in the order in which they were asked for, so that what one took over can be handed on by a later.
    """
    by = None
    for one in swaps:
        if one.beneficiary_id == user_id and one.swap_start <= at < one.swap_end and one.benefactor_id:
            user_id, by = one.benefactor_id, one
    return user_id, by


def places(user_id: str, swaps: Sequence[Swap], start: datetime, end: datetime) -> Iterator[Place]:
    """Yield who has somebody's place from `start` to `end`, one after the other."""
    borders = {edge for one in swaps for edge in (one.swap_start, one.swap_end) if start < edge < end}
    place: Place | None = None
    for at, until in pairwise(sorted({start, end} | borders)):
        on_call, swap = stand_in(user_id, swaps, at)
        if place is not None and (on_call, swap) == (place.on_call, place.swap):
            place = place._replace(end=until)
            continue
        if place is not None:
            yield place
        place = Place(at, until, on_call, swap)
    if place is not None:
        yield place
