"""What is taken as a password, and what guesses are counted under."""

from __future__ import annotations

import pytest

from shared.domain.passwords import guess_limits, refusal


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 10"),
        ("x" * 300, "at most 256"),
        ("aaaaaaaaaabbb", "too few"),
        ("Alice.Example", "username"),
    ],
)
def test_a_password_that_is_not_taken_is_told_why(password: str, words: str):
    assert words in (refusal(password, "alice.example") or "")


def test_long_sentences_and_any_characters_are_taken():
    assert refusal("ein ganzer Satz mit Ümläuten", "alice") is None


def test_guesses_are_counted_by_name_and_address_together_before_either_alone():
    limits = guess_limits(" Alice ", "10.0.0.1")
    assert [key for key, _ in limits] == ["pair 10.0.0.1 alice", "address 10.0.0.1", "name alice"]
    assert [most for _, most in limits] == sorted(most for _, most in limits)
