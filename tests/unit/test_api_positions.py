"""The order of steps, routes and rules."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.refusals import Invalid
from services.api.resources.positions import place


@dataclass
class Row:
    """Something with a place."""

    id: str
    position: int


def placed(rows: str, wanted: int | None, moving: str | None = None, swap: bool = False) -> str:
    """Return the order after placing `moving` (or a new x) among rows named by letters, dots for gaps."""
    places = {name: position for position, name in enumerate(rows) if name != "."}
    now = places.pop(moving) if moving else None
    siblings = [Row(name, position) for name, position in places.items()]

    def move(name: str, position: int) -> None:
        places[name] = position

    places[moving or "x"] = place(siblings, wanted, now, swap, move)
    assert len(set(places.values())) == len(places)
    by_position = {position: name for name, position in places.items()}
    return "".join(by_position.get(position, ".") for position in range(max(by_position) + 1))


@pytest.mark.parametrize(
    ("rows", "wanted", "moving", "swap", "after"),
    [
        ("", None, None, False, "x"),
        ("ab", None, None, False, "abx"),
        ("ab", -1, None, False, "abx"),
        ("ab", 0, None, False, "xab"),
        ("a.b", 0, None, False, "xab"),
        ("a.b", 1, None, False, "axb"),
        ("ab", 5, None, False, "ab...x"),
        ("abc", 2, "a", False, "bca"),
        ("abc", 0, "c", False, "cab"),
        ("abc", -1, "a", False, ".bca"),
        ("abc", 1, "b", False, "abc"),
        ("abc", 2, "a", True, "cba"),
        ("ab", 0, None, True, "xba"),
        ("ab", 4, None, True, "ab..x"),
        ("ab", 1, "a", True, "ba"),
    ],
)
def test_a_row_gets_the_place_it_asks_for(rows: str, wanted: int | None, moving: str, swap: bool, after: str):
    assert placed(rows, wanted, moving, swap) == after


def test_a_place_below_the_first_is_refused():
    with pytest.raises(Invalid):
        placed("ab", -2)


@given(st.integers(0, 8), st.integers(-1, 10), st.booleans(), st.data())
def test_no_two_rows_ever_share_a_place(count: int, wanted: int, swap: bool, data: st.DataObject):
    rows = "abcdefgh"[:count]
    moving = data.draw(st.sampled_from([None, *rows]))

    placed(rows, wanted, moving, swap)
