"""What people send as text: every way of saying it that they use, and nothing by accident."""

from __future__ import annotations

import pytest

from shared.domain.commands import HELP, Command, command_of


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("ack 12", Command("acknowledge", 12)),
        ("ACK #12", Command("acknowledge", 12)),
        (" Acknowledge 12. ", Command("acknowledge", 12)),
        ("/ack 12", Command("acknowledge", 12)),
        ("unack 3", Command("unacknowledge", 3)),
        ("resolve 12", Command("resolve", 12)),
        ("res 12", Command("resolve", 12)),
        ("unresolve 12", Command("unresolve", 12)),
        ("silence 12", Command("silence", 12, 1800)),
        ("silence 12 90", Command("silence", 12, 5400)),
        ("mute 12 90m", Command("silence", 12, 5400)),
        ("confirm 12", Command("confirm", 12)),
        ("unsilence 12", Command("unsilence", 12)),
    ],
)
def test_a_command_is_understood(text: str, command: Command):
    assert command_of(text) == command


@pytest.mark.parametrize(
    "text",
    ["", "help", "ack", "12", "ack twelve", "ack 12 30", "silence 12 0", "silence 12 999999", "please ack 12",
     "ack 12 13", "ack -1", "ack 1234567890123", "ack ١٢", "stop"],
)  # fmt: skip
def test_anything_else_is_no_command_and_gets_help(text: str):
    assert command_of(text) is None
    assert len(HELP) < 160
