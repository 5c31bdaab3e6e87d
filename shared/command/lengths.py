"""Lengths of time as people write them on the command line."""

from __future__ import annotations

from shared.command.failure import CommandFailed
from shared.domain.declaration_parts import DURATION, SECONDS


def seconds_in(text: str) -> int:
    """Return the seconds in 90, 90s, 5m, 2h or 1d.

    Raises:
        CommandFailed: it is no length of time.
    """
    found = DURATION.fullmatch(text.strip())
    if found is None:
        raise CommandFailed(f"{text} is not a time span such as 90m, 2h or 1d.")
    return int(found[1]) * SECONDS[found[2]]
