"""The order of steps, routes and rules: inserting, moving, and the swap that declarative clients ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from services.api.refusals import Invalid

LARGEST = 1_000_000


class Placed(Protocol):
    """Anything with a place in an order; places may have gaps."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def position(self) -> int:
        """Its place, from 0."""
        ...


Move = Callable[[str, int], None]


def place(siblings: Sequence[Placed], wanted: int | None, now: int | None, swap: bool, move: Move) -> int:
    """Return the position that a row gets, after `move(id, position)` was called for each sibling it displaces.

    `siblings` are the others. `now` is the row's own position, None for a new one. `wanted` None or -1
    means last. With `swap` (the clients' `manual_order`) the holder of the place takes ours; without, rows
    close up and make room as in a list. A place past the end stays as asked.

    Raises:
        Invalid: a negative position other than -1, or one beyond a million.
    """
    if wanted is not None and not -1 <= wanted <= LARGEST:
        raise Invalid.field("position", f"Must be 0 to {LARGEST}, or -1 for the last place.")
    last = max((one.position for one in siblings), default=-1)
    if wanted is None or wanted == -1:
        return last + 1
    if wanted == now:
        return wanted
    if swap:
        _swap(siblings, wanted, last + 1 if now is None else now, move)
    elif now is None:
        _make_room(siblings, wanted, move)
    else:
        _shift_between(siblings, wanted, now, move)
    return wanted


def _swap(siblings: Sequence[Placed], wanted: int, free: int, move: Move) -> None:
    for one in siblings:
        if one.position == wanted:
            move(one.id, free)


def _make_room(siblings: Sequence[Placed], wanted: int, move: Move) -> None:
    """Move the run of rows that begins at `wanted` up by one; a gap ends the run."""
    expected = wanted
    for one in sorted(siblings, key=lambda one: one.position):
        if one.position == expected:
            expected += 1
            move(one.id, expected)


def _shift_between(siblings: Sequence[Placed], wanted: int, now: int, move: Move) -> None:
    """Close the gap that the row leaves and open one where it goes."""
    for one in siblings:
        if now < one.position <= wanted:
            move(one.id, one.position - 1)
        elif wanted <= one.position < now:
            move(one.id, one.position + 1)
