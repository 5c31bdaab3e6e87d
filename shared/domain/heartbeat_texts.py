"""What is asked of the templates of a heartbeat's alert, what they answer, and the text without them.

Apart from the function that evaluates, because the heartbeat service, which only asks, needs no template engine.
"""

from __future__ import annotations

from datetime import UTC, datetime

from shared.domain.heartbeat_settings import HeartbeatTemplates
from shared.domain.model import Frozen, Problem
from shared.domain.problems import text_digest

UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class HeartbeatJob(Frozen):
    """The two templates of one alert, and what they see. `restored_at` is None while the heartbeat is missing."""

    integration_id: str
    integration_name: str
    integration_type: str
    templates: HeartbeatTemplates
    timeout_s: int
    last_seen_at: datetime
    expired_at: datetime
    restored_at: datetime | None = None

    @property
    def prefix(self) -> str:
        """What names its templates for people: `heartbeat.expired` or `heartbeat.restored`."""
        return "heartbeat.expired" if self.restored_at is None else "heartbeat.restored"


class HeartbeatTexts(Frozen):
    """The texts of one alert; a template that failed has left the default text and a problem."""

    title: str
    message: str
    problems: tuple[Problem, ...] = ()


def default_texts(job: HeartbeatJob, problem: str = "") -> HeartbeatTexts:
    """Return the texts without templates; `problem` says why those of the user were not asked."""
    name, every = job.integration_name, spoken(job.timeout_s)
    problems = (_problem(job, problem),) if problem else ()
    if job.restored_at is None:
        return HeartbeatTexts(
            title=f"No heartbeat from {name} for {every}",
            message=(
                f"{name} should send a heartbeat at least every {every}. "
                f"The last one came at {instant(job.last_seen_at)}. "
                "The tool, or its way to Tocsin, may be down, and its alerts may not arrive."
            ),
            problems=problems,
        )
    return HeartbeatTexts(
        title=f"Heartbeat from {name} is back",
        message=f"It was missing since {instant(job.expired_at)} and came again at {instant(job.restored_at)}.",
        problems=problems,
    )


def _problem(job: HeartbeatJob, message: str) -> Problem:
    own = job.templates
    digest = text_digest(own.title or "", own.message or "")
    return Problem(integration_id=job.integration_id, where=job.prefix, message=message, digest=digest)


def instant(at: datetime) -> str:
    """Return an instant as people read it, in UTC and to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def spoken(seconds: int) -> str:
    """Return a length of time in words: 90 is "1 minute 30 seconds"."""
    words = []
    for size, unit in UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(words) or "0 seconds"
