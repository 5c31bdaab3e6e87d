"""Ids and tokens that people see."""

from __future__ import annotations

import re

import pytest

from shared.domain import public_ids


def drawing(*numbers: int) -> public_ids.Below:
    """Draw these numbers in turn, for ever."""
    position = -1

    def below(limit: int) -> int:
        nonlocal position
        position += 1
        return numbers[position % len(numbers)] % limit

    return below


@pytest.mark.parametrize(("table", "prefix"), public_ids.PREFIXES.items())
def test_an_id_is_its_kinds_letter_and_characters_that_nobody_mistakes(table: str, prefix: str):
    made = public_ids.public_id(table, drawing(*range(34)))

    assert re.fullmatch(rf"{prefix}[1-9A-NP-Z]{{12,}}", made)


def test_ids_and_tokens_follow_from_the_randomness_alone():
    assert public_ids.public_id("users", drawing(0)) == "U" + "1" * 13
    assert public_ids.url_token(drawing(0)) == "a" * 25
    assert public_ids.api_token(drawing(15)) == "f" * 64
