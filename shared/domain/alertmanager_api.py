"""The Alertmanager API v2, as Prometheus, vmalert and amtool speak it: alerts in, and how they read when asked for.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.domain.model import Group, Instance, State
from shared.errors import Permanent
from shared.integrations.alertmanager_body import fingerprint
from shared.integrations.integration_type import NotAnAlert, Part
from shared.templates.filters import iso8601_to_time

# What Alertmanager waits for an alert that named no end.
RESOLVE_TIMEOUT = timedelta(minutes=5)
MAX_ALERTS = 1000
MAX_LABELS = 500
# What makes alerts one group here, as far as they have it; Alertmanager's own routes would say so there.
GROUPED_BY = ("alertname", "cluster", "namespace", "service", "job")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
RECEIVER = "tocsin"
ZERO = "0001-01-01T00:00:00Z"


class Posted(NamedTuple):
    """One alert as it was posted, checked and completed."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    generator_url: str

    def is_over(self, now: datetime) -> bool:
        """Whether it says that it has ended."""
        return self.ends_at <= now


def parts_of(body: Any, now: datetime) -> list[Part]:
    """Return the alerts of `POST /api/v2/alerts`, each as the webhook body that Alertmanager would make of it.

    Raises:
        Permanent: something is not as it must be; the alert and the field are named.
        NotAnAlert: the list is empty.
    """
    if not isinstance(body, list):
        raise Permanent("the body must be a list of alerts")
    if not body:
        raise NotAnAlert("The list is empty: no alert was sent.")
    if len(body) > MAX_ALERTS:
        raise Permanent(f"a body may hold at most {MAX_ALERTS} alerts")
    return [_part(_posted(one, f"[{place}]", now), now) for place, one in enumerate(body)]


def _posted(one: Any, where: str, now: datetime) -> Posted:
    if not isinstance(one, dict):
        raise Permanent(f"{where} must be an object with labels")
    labels = _texts(one.get("labels"), f"{where}.labels")
    labels = {name: value for name, value in labels.items() if value}
    if not labels:
        raise Permanent(f"{where}.labels: at least one label with a value is needed")
    starts, ends = (_time(one.get(name), f"{where}.{name}") for name in ("startsAt", "endsAt"))
    starts_at = starts or min(ends or now, now)
    ends_at = ends or now + RESOLVE_TIMEOUT
    if ends_at < starts_at:
        raise Permanent(f"{where}.endsAt: must not be before startsAt")
    url = one.get("generatorURL")
    if url is not None and not isinstance(url, str):
        raise Permanent(f"{where}.generatorURL: must be a text")
    return Posted(
        labels, _texts(one.get("annotations"), f"{where}.annotations"), starts_at, ends_at, url or ""
    )


def _texts(value: Any, where: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Permanent(f"{where}: must be an object of texts")
    if len(value) > MAX_LABELS:
        raise Permanent(f"{where}: at most {MAX_LABELS} are taken")
    for name, text in value.items():
        if LABEL_NAME.match(name) is None:
            raise Permanent(
                f"{where}.{name[:100]}: a name is letters, digits and _, and begins with no digit"
            )
        if not isinstance(text, str):
            raise Permanent(f"{where}.{name[:100]}: must be a text")
    return value


def _time(value: Any, where: str) -> datetime | None:
    """An RFC 3339 time; missing, empty and Go's zero time (with or without fractions) are none."""
    if value in (None, "") or (isinstance(value, str) and value.startswith(ZERO.removesuffix("Z"))):
        return None
    found = iso8601_to_time(value) if isinstance(value, str) else None
    if not isinstance(found, datetime):
        raise Permanent(f"{where}: must be a time such as 2026-01-05T10:00:00Z")
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as error:
        raise Permanent(f"{where}: is no time that can be told in UTC") from error


def _part(posted: Posted, now: datetime) -> Part:
    over = posted.is_over(now)
    grouped = {name: posted.labels[name] for name in GROUPED_BY if name in posted.labels} or posted.labels
    inner = {
        "status": "resolved" if over else "firing",
        "labels": posted.labels,
        "annotations": posted.annotations,
        "startsAt": _told(posted.starts_at),
        "endsAt": _told(posted.ends_at) if over else ZERO,
        "generatorURL": posted.generator_url,
    }
    inner["fingerprint"] = fingerprint(inner)
    payload = {
        "version": "4",
        "receiver": RECEIVER,
        "status": inner["status"],
        "alerts": [inner],
        "groupLabels": grouped,
        "commonLabels": posted.labels,
        "commonAnnotations": posted.annotations,
        "externalURL": "",
        "groupKey": "{}:{"
        + ", ".join(f"{name}={json.dumps(value)}" for name, value in grouped.items())
        + "}",
        "truncatedAlerts": 0,
        "numFiring": int(not over),
        "numResolved": int(over),
    }
    return Part(payload, instance=str(inner["fingerprint"]), ends_at=None if over else posted.ends_at)


def _told(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def gettable(group: Group, name: str, instance: Instance, payload: Any) -> dict[str, Any]:
    """Return how one firing instance of a group reads in `GET /api/v2/alerts`."""
    alerts = payload.get("alerts") if isinstance(payload, dict) else None
    inner = alerts[0] if isinstance(alerts, list) and alerts and isinstance(alerts[0], dict) else {}
    is_silenced = group.state is State.SILENCED
    return {
        "labels": _readable(inner.get("labels")),
        "annotations": _readable(inner.get("annotations")),
        "startsAt": inner.get("startsAt") or _told(instance.at),
        "endsAt": _told(instance.ends_at or instance.at + RESOLVE_TIMEOUT),
        "updatedAt": _told(instance.at),
        "generatorURL": inner.get("generatorURL") or "",
        "fingerprint": name,
        "receivers": [{"name": RECEIVER}],
        "status": {
            "state": "suppressed" if is_silenced else "active",
            "silencedBy": [group.id] if is_silenced else [],
            "inhibitedBy": [],
            "mutedBy": [],
        },
    }


def _readable(value: Any) -> dict[str, str]:
    return {name: str(text) for name, text in value.items()} if isinstance(value, dict) else {}


class Matcher(NamedTuple):
    """One condition on a label: `=`, `!=`, `=~` or `!~`; a missing label has the empty value."""

    name: str
    operator: str
    value: str

    @property
    def is_pattern(self) -> bool:
        """Whether the value is a regular expression."""
        return self.operator.endswith("~")


_MATCHER = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*\Z", re.DOTALL)


def matchers_of(filters: Iterable[str]) -> list[Matcher]:
    """Return the matchers of `filter` parameters such as `alertname="DiskFull"`.

    Raises:
        Permanent: one of them is none.
    """
    found: list[Matcher] = []
    for text in filters:
        match = _MATCHER.match(text)
        if match is None:
            raise Permanent(f'filter: {text[:100]!r} is no matcher such as alertname="DiskFull"')
        found.append(Matcher(match[1], match[2], _unquoted(match[3])))
    return found


def _unquoted(text: str) -> str:
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def alert_groups(alerts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return alerts as `GET /api/v2/alerts/groups` lists them."""
    groups: dict[str, dict[str, Any]] = {}
    for one in alerts:
        labels = {name: one["labels"][name] for name in GROUPED_BY if name in one["labels"]} or one["labels"]
        key = json.dumps(labels, sort_keys=True)
        group = groups.setdefault(key, {"labels": labels, "receiver": {"name": RECEIVER}, "alerts": []})
        group["alerts"].append(one)
    return list(groups.values())
