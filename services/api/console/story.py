"""A group's timeline as a story: what happened, by whom and why, in one line each; what says nothing is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.api.trace import Envelope, source
from shared.domain.configuration import ConfigSnapshot

# Decisions that change nothing for anybody who reads.
SILENT = frozenset({"goes_on", "repeated", "unchanged", "refreshed"})
# What carries on without being news by itself.
UNTOLD = ("group.rendered.", "alert.", "action.requested.", "action.applied.", "post.")
KINDS = {
    "group": "change",
    "notification": "page",
    "webhook": "webhook",
    "action": "refused",
    "stage": "decision",
    "delivery": "page",
    "notice": "page",
}


@dataclass(frozen=True)
class Line:
    """One thing that happened. `kind` is a value of KINDS; `where` is the service that said it."""

    at: datetime
    kind: str
    text: str
    who: str = ""
    where: str = ""
    tone: str = ""


def story_of(envelopes: Sequence[Envelope], config: ConfigSnapshot) -> list[Line]:
    """Return the lines of a group's journal, oldest first."""
    lines = [line for one in envelopes if (line := _line(one, config)) is not None]
    return [one for position, one in enumerate(lines) if position == 0 or not _same(one, lines[position - 1])]


def _line(envelope: Envelope, config: ConfigSnapshot) -> Line | None:
    type_, decision = str(envelope["type"]), str(envelope.get("decision", ""))
    if type_.startswith(UNTOLD) or (type_.startswith("stage.") and decision in SILENT):
        return None
    family, what = type_.split(".")[:2]
    data: Mapping[str, Any] = envelope.get("data") or {}
    actor = data.get("actor") or {}
    who = "" if actor.get("kind") in (None, "system") else str(actor.get("name") or actor.get("id") or "")
    text, tone = _words(family, what, envelope, data, config)
    return Line(
        at=datetime.fromisoformat(str(envelope["time"])),
        kind=KINDS.get(family, "decision"),
        text=text,
        who=who,
        where=source(envelope)[0],
        tone=tone,
    )


def _words(
    family: str, what: str, envelope: Envelope, data: Mapping[str, Any], config: ConfigSnapshot
) -> tuple[str, str]:
    reason = str(envelope.get("reason", ""))
    if family == "notification":
        return _page_words(what, data, reason, config)
    if family == "webhook":
        webhook = config.webhook_by_id.get(str(data.get("webhook_id", "")))
        name = webhook.name if webhook is not None else "a webhook"
        return _joined(f"{name}: {what.replace('_', ' ')}", reason), "bad" if what == "failed" else ""
    if family == "action":
        return _joined(f"{data.get('action', 'an action')} was {what}", reason), "bad"
    if family == "group":
        alerts = data.get("alerts") or ()
        words = what.replace("_", " ")
        if what == "alert_added" and len(alerts) > 1:
            words = f"{len(alerts)} alerts added"
        return _joined(words, reason), ""
    return _joined(str(envelope.get("decision", what)).replace("_", " "), reason), ""


def _page_words(what: str, data: Mapping[str, Any], reason: str, config: ConfigSnapshot) -> tuple[str, str]:
    user = config.user_by_id.get(str(data.get("user_id", "")))
    person = user.username if user is not None else str(data.get("user_id") or "somebody")
    channel = str(data.get("channel", "")).replace("_", " ")
    words = {
        "requested": f"{person} is to be told by {channel}",
        "delivered": f"{person} was told by {channel}",
        "failed": f"{person} could not be told by {channel}",
        "unknown": f"nobody knows whether {person} was told by {channel}",
        "suppressed": f"{person} was not told by {channel}",
    }.get(what, f"{what.replace('_', ' ')}: {person} by {channel}")
    return _joined(words, reason), "bad" if what in ("failed", "unknown") else ""


def _joined(words: str, reason: str) -> str:
    return f"{words}: {reason}" if reason and reason not in words else words


def _same(one: Line, before: Line) -> bool:
    return (one.kind, one.text, one.who) == (before.kind, before.text, before.who)
