"""Judges a proof when all is at rest: what was accepted against what is stored, who was paged against who should be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.chaos.proof.mailbox import Page
from tests.chaos.proof.people import People, key_in
from tests.chaos.proof.personal import Expected, expected_pages
from tests.chaos.proof.plan import PAGING_RULES, Plan
from tests.chaos.proof.senders import Senders

HELD_BACK = ("unknown", "cancelled")
# What kills and restarts may cost a page that waited.
LATE_AFTER = timedelta(seconds=20)


@dataclass
class Verdict:
    """Each list holds sentences; a proof holds when all of them are empty."""

    accepted: int = 0
    unknown: int = 0
    crossing: int = 0
    lost: list[str] = field(default_factory=list)
    duplicate_alerts: list[str] = field(default_factory=list)
    duplicate_pages: list[str] = field(default_factory=list)
    missing_pages: list[str] = field(default_factory=list)
    late_pages: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything that was promised was kept."""
        return not self.faults()

    def faults(self) -> dict[str, list[str]]:
        """Return what is wrong, by kind."""
        kinds = ("lost", "duplicate_alerts", "duplicate_pages", "missing_pages", "late_pages", "other")
        return {kind: getattr(self, kind) for kind in kinds if getattr(self, kind)}

    def line(self, seed: int) -> str:
        """Return the last line of a proof."""
        return (
            f"prove: accepted={self.accepted} lost={len(self.lost)} duplicate_alerts={len(self.duplicate_alerts)} "
            f"duplicate_pages={len(self.duplicate_pages)} missing_pages={len(self.missing_pages)} "
            f"late_pages={len(self.late_pages)} unknown={self.unknown} seed={seed}"
        )


@dataclass
class Evidence:
    """Everything that the judgement rests on. `stored` is the database, read past the product."""

    plan: Plan
    senders: Senders
    people: People
    pages: list[Page]
    in_flight: int
    dead: dict[str, int]
    stored: Any


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict."""
    verdict = Verdict(accepted=len(set(evidence.senders.accepted.values())))
    groups = {one["_id"]: one for one in evidence.stored.alert_groups.find()}
    _alerts(evidence, groups, verdict)
    _missing_pages(evidence, groups, verdict)
    _duplicate_pages(evidence, verdict)
    _late_pages(evidence, verdict)
    _the_rest(evidence, verdict)
    return verdict


def _alerts(evidence: Evidence, groups: dict[str, Any], verdict: Verdict) -> None:
    """Every accepted alert is stored once, in one group; every counter is right."""
    stored = {one["_id"]: one["group_id"] for one in evidence.stored.alerts.find({}, {"group_id": 1})}
    accepted = set(evidence.senders.accepted.values())
    for id in sorted(accepted):
        if id not in stored:
            verdict.lost.append(f"alert {id} was accepted and is not stored")
        elif stored[id] not in groups:
            verdict.lost.append(f"alert {id} is in group {stored[id]}, which does not exist")
    verdict.duplicate_alerts += [f"alert {id} was never accepted" for id in sorted(set(stored) - accepted)]
    verdict.duplicate_alerts += [f"one key, two alerts: {one}" for one in evidence.senders.other_ids]
    members = Counter(stored.values())
    for id, group in groups.items():
        if group["alerts_count"] > members[id]:
            verdict.duplicate_alerts.append(
                f"group {id} counts {group['alerts_count']} alerts, it has {members[id]}"
            )
        if group["alerts_count"] < members[id]:
            verdict.lost.append(f"group {id} counts {group['alerts_count']} alerts, it has {members[id]}")
    firing = Counter(one["group_key"] for one in groups.values() if "open_key" in one)
    verdict.other += [f"{count} open groups of key {key}" for key, count in firing.items() if count > 1]


def _missing_pages(evidence: Evidence, groups: dict[str, Any], verdict: Verdict) -> None:
    """Every rule of every person that fell due in a run that had to page did page, or its ledger says why not."""
    arrived = {one.request_id for one in evidence.pages}
    rows = {
        row["_id"]: orjson.loads(row["body"]) for row in evidence.stored.deliveries.find({"kind": "page"})
    }
    ended = {one["_id"]: one["ended"] for one in evidence.stored.escalations.find({}, {"ended": 1})}
    now = datetime.now(UTC)
    for id, document in groups.items():
        group = orjson.loads(document["body"])
        if not group["seen"]:
            continue
        alone = evidence.plan.is_left_alone(key_in(group["title"] or ""))
        for run in range(1, group["run"] + 1):
            for one in expected_pages(evidence.stored, id, run):
                if one.request_id in arrived or (one.after_s and not _fell_due(one, document, alone, now)):
                    continue
                over = ended.get(f"{id}:{run}") or run < group["run"]
                why = _why_none(rows.get(one.request_id), alone, bool(over))
                if why is not None:
                    verdict.missing_pages.append(
                        f"group {id} run {run} ({group['title']}): {one.words} {why}"
                    )


def _fell_due(one: Expected, document: dict[str, Any], alone: bool, now: datetime) -> bool:
    """Whether a later page must be there by now: the group is nobody's, so that its only run began when it opened."""
    return alone and bool(document["opened_at"] + timedelta(seconds=one.after_s) + LATE_AFTER < now)


def _why_none(row: dict[str, Any] | None, alone: bool, over: bool) -> str | None:
    """Return None when there is a good reason why no mail arrived, else what is missing."""
    if row is not None and row["state"] in HELD_BACK and row["reason"]:
        return f"was cancelled: {row['reason']}" if alone and row["state"] == "cancelled" else None
    if row is not None:
        return f"was not paged; its row is {row['state']}: {row['reason']}"
    if over and not alone:
        return None
    return (
        "was not asked for"
        if alone
        else "was not asked for, and the escalation neither ended nor was superseded"
    )


def _duplicate_pages(evidence: Evidence, verdict: Verdict) -> None:
    """No rule of a person's chain told him twice in a run."""
    for (request_id, recipient), count in Counter(
        (one.request_id, one.recipient) for one in evidence.pages
    ).items():
        if count > 1:
            verdict.duplicate_pages.append(f"page {request_id}: {recipient} got {count} mails")
    known = {one["_id"] for one in evidence.stored.deliveries.find({"kind": "page"}, {"_id": 1})}
    verdict.duplicate_pages += [
        f"mail {one.request_id} to {one.recipient} is in no ledger"
        for one in evidence.pages
        if one.request_id not in known
    ]
    verdict.duplicate_pages += _of_one_rule(evidence)


def _of_one_rule(evidence: Evidence) -> list[str]:
    """Return people who got more mails in a run than their rules hold, whatever ids the mails had."""
    counts = Counter((one.group_id, one.run, one.recipient) for one in evidence.pages)
    return [
        f"group {group} run {run}: {recipient} got {count} mails, his rules hold {len(PAGING_RULES)}"
        for (group, run, recipient), count in counts.items()
        if count > len(PAGING_RULES)
    ]


def _late_pages(evidence: Evidence, verdict: Verdict) -> None:
    """No page was handed over for a run that was taken, unless its last look at the group came before the answer."""
    checked = {
        one["_id"]: one["checked_at"].timestamp()
        for one in evidence.stored.deliveries.find({"checked_at": {"$exists": True}}, {"checked_at": 1})
    }
    taken: dict[str, list[tuple[int, float, str]]] = {}
    for one in evidence.people.taken:
        taken.setdefault(one.group_id, []).append((one.run, one.answered_at, one.action))
    for page in evidence.pages:
        for run, answered_at, action in taken.get(page.group_id, ()):
            if page.run > run or page.at <= answered_at:
                continue
            if checked.get(page.request_id, page.at) <= answered_at:
                verdict.crossing += 1
                continue
            late_ms = (page.at - answered_at) * 1000
            verdict.late_pages.append(
                f"group {page.group_id} run {page.run}: {page.recipient} was paged {late_ms:.0f} ms after {action}"
            )


def _the_rest(evidence: Evidence, verdict: Verdict) -> None:
    stored = evidence.stored
    verdict.unknown = stored.deliveries.count_documents({"state": "unknown"})
    if verdict.unknown > evidence.in_flight:
        verdict.other.append(
            f"{verdict.unknown} unknown outcomes, only {evidence.in_flight} sends were cut off"
        )
    verdict.other += [f"{count} dead letters in {queue}" for queue, count in evidence.dead.items() if count]
    for one in stored.escalations.find({"ended": "", "due_at": {"$exists": False}}):
        verdict.other.append(f"escalation {one['_id']} has neither ended nor a due time")
    received: set[str] = set()
    for page in stored.journal.find({"received": True}, {"alerts": 1}):
        received.update(page["alerts"])
    untraced = set(evidence.senders.accepted.values()) - received
    verdict.other += [f"alert {id} has no trace" for id in sorted(untraced)]
