"""When an external calendar is fetched again, and what became of the last try: a failure changes nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Frozen
from shared.domain.schedules import Which, calendar_id

EVERY = timedelta(minutes=10)
# The first failures may be a blink of the network: they are tried again sooner.
AGAIN = timedelta(minutes=1)
LIMIT_BYTES = 4 * 1024 * 1024
TIMEOUT_S = 10.0
PROBLEM = "ical_url_"


class Refresh(Frozen):
    """The state of one external calendar's refresh.

    `url_digest` stands for the address that `etag` and `last_modified` are about. `good_at`: when it was last
    fetched and found good, or unchanged. `error` is why the last try failed; None when it did not.
    """

    id: str
    schedule_id: str
    which: Which
    url_digest: str
    due_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    good_at: datetime | None = None
    failures: int = 0
    error: str | None = None


class Source(NamedTuple):
    """An external calendar that a schedule names; `url` is ciphertext."""

    id: str
    schedule_id: str
    which: Which
    url: str

    @property
    def digest(self) -> str:
        """What stands for the address."""
        return hashlib.sha256(self.url.encode()).hexdigest()


def sources(config: ConfigSnapshot) -> Iterator[Source]:
    """Yield every external calendar that a schedule names."""
    for one in config.schedules:
        if one.ical_url_primary and one.type == "ical":
            yield Source(calendar_id(one.id, "primary"), one.id, "primary", one.ical_url_primary)
        if one.ical_url_overrides and one.type != "web":
            yield Source(calendar_id(one.id, "overrides"), one.id, "overrides", one.ical_url_overrides)


def request_url(written: str) -> str:
    """Return the address to ask: webcal is only another word for it."""
    scheme, colon, rest = written.partition(":")
    return {"webcal": "https", "webcals": "https"}.get(scheme.lower(), scheme) + colon + rest


def request_headers(refresh: Refresh) -> dict[str, str]:
    """Return the headers that spare the other side the text when it is still the same."""
    found = {"If-None-Match": refresh.etag, "If-Modified-Since": refresh.last_modified}
    accept = {"Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
    return accept | {name: value for name, value in found.items() if value}


def text_of(body: bytes) -> str:
    """Return the text of an answer; bytes that are not UTF-8 are replaced, a byte order mark is left out."""
    return body.decode("utf-8-sig", errors="replace")


def succeeded(refresh: Refresh, headers: Mapping[str, str] | None, now: datetime) -> Refresh:
    """Return the state after a good answer; `headers` are those of a new text, None for an unchanged one."""
    known = refresh if headers is None else _remembering(refresh, headers)
    return known.model_copy(update={"due_at": now + EVERY, "good_at": now, "failures": 0, "error": None})


def failed(refresh: Refresh, reason: str, now: datetime) -> Refresh:
    """Return the state after a failure: the last good text stays, and so does what is known of it."""
    failures = refresh.failures + 1
    wait = min(AGAIN * failures, EVERY)
    return refresh.model_copy(update={"due_at": now + wait, "failures": failures, "error": reason})


def problem_text(refresh: Refresh) -> str:
    """Return the sentence about a refresh that fails; the address stays out of it."""
    kept = (
        "The last good calendar still holds"
        if refresh.good_at
        else "No calendar was read yet: nobody is on call"
    )
    since = f", read at {refresh.good_at:%Y-%m-%d %H:%M} UTC" if refresh.good_at else " by it"
    return f"The calendar of {PROBLEM}{refresh.which} could not be read: {refresh.error}. {kept}{since}."


def _remembering(refresh: Refresh, headers: Mapping[str, str]) -> Refresh:
    known = {"etag": headers.get("etag"), "last_modified": headers.get("last-modified")}
    return refresh.model_copy(update=known)
