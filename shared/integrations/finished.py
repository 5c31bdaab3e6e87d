"""Builds and deployments: only how they ended is an alert, and a success ends the alert of a failure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from shared.integrations.integration_type import NotAnAlert


def check_finished(what: str, outcome: Any, *, failures: Collection[str], successes: Collection[str]) -> None:
    """Let failures and successes pass, in whatever case they are written.

    Raises:
        NotAnAlert: the outcome is another: queued, running, skipped, cancelled.
    """
    word = outcome.lower() if isinstance(outcome, str) else ""
    if word not in failures and word not in successes:
        said = str(outcome or "not finished")[:50]
        raise NotAnAlert(f"The {what} is {said}: that is neither failure nor success.")
