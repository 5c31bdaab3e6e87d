"""Turns of people who are notified one after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rotation import draw_turns, next_turn
from shared.domain.steps import Turn

THREE = ("U1", "U2", "U3")


def turn(number: int, persons: tuple[str, ...] = THREE) -> Turn:
    return Turn("E1", f"draw {number}", persons)


def test_everybody_has_a_turn_and_then_the_first_one_again():
    last, drawn = draw_turns([turn(number) for number in range(5)], "")

    assert list(drawn.values()) == ["U1", "U2", "U3", "U1", "U2"]
    assert last == "U2"


def test_the_same_draw_in_one_request_is_one_turn():
    assert draw_turns([turn(1), turn(1)], "U1") == ("U2", {"draw 1": "U2"})


def test_who_had_the_last_turn_and_is_gone_makes_it_begin_again():
    assert next_turn(THREE, "U9") == "U1"


@given(st.lists(st.integers(0, 9), unique=True, min_size=1), st.integers(1, 60))
def test_nobody_has_two_turns_more_than_another(people: list[int], count: int):
    persons = tuple(str(one) for one in people)

    _, drawn = draw_turns([turn(number, persons) for number in range(count)], "")

    turns = [list(drawn.values()).count(one) for one in persons]
    assert max(turns) - min(turns) <= 1
