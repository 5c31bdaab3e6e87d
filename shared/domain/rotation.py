"""Whose turn it is among people who are notified one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.steps import Turn


def next_turn(persons: Sequence[str], last: str) -> str:
    """Return who comes after `last`, round and round; the first one when `last` is not among them."""
    place = persons.index(last) + 1 if last in persons else 0
    return persons[place % len(persons)]


def draw_turns(turns: Sequence[Turn], last: str) -> tuple[str, dict[str, str]]:
    """Draw several turns of one step in order; return who had the last one, and who each draw gives."""
    drawn: dict[str, str] = {}
    for one in turns:
        if one.draw_id not in drawn:
            last = drawn[one.draw_id] = next_turn(one.persons, last)
    return last, drawn
