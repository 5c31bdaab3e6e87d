"""Commands that people send as text, by SMS or in a chat: "ack 12", "confirm 12", "resolve 12", "silence 12 30"."""

from __future__ import annotations

import re
from dataclasses import dataclass

HELP = (
    'Send "ack 12", "unack 12", "confirm 12", "resolve 12", "silence 12 30" (minutes) or "unsilence 12"; '
    "12 is the number of the alert group."
)
DEFAULT_SILENCE_MIN = 30
_LONGEST_MIN = 30 * 24 * 60
_WORDS = {
    "ack": "acknowledge",
    "acknowledge": "acknowledge",
    "unack": "unacknowledge",
    "unacknowledge": "unacknowledge",
    "confirm": "confirm",
    "res": "resolve",
    "resolve": "resolve",
    "unresolve": "unresolve",
    "silence": "silence",
    "mute": "silence",
    "unsilence": "unsilence",
    "unmute": "unsilence",
}
_COMMAND = re.compile(
    r"/?([a-z]{3,15})[\s:]+#?([0-9]{1,12})(?:[\s,]+([0-9]{1,6})\s*(?:m|min|minutes)?)?[\s.!]*",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Command:
    """What is to be done to the group of that number; `delay_s` is a silence's length."""

    action: str
    number: int
    delay_s: int | None = None


def command_of(text: str) -> Command | None:
    """Return the command that a text is; None for everything else, which is answered with HELP."""
    found = _COMMAND.fullmatch(text.strip())
    action = _WORDS.get(found[1].lower()) if found else None
    if found is None or action is None or (found[3] and action != "silence"):
        return None
    if action != "silence":
        return Command(action, int(found[2]))
    minutes = int(found[3]) if found[3] else DEFAULT_SILENCE_MIN
    return Command(action, int(found[2]), minutes * 60) if 0 < minutes <= _LONGEST_MIN else None
