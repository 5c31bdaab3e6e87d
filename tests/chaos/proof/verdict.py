"""Judges a proof when all is at rest: what was accepted against what is stored, who was paged against who should be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.chaos.proof.mailbox import Page
from tests.chaos.proof.people import People, key_in
from tests.chaos.proof.plan import ALICE, BOB, WAIT_S, Plan
from tests.chaos.proof.senders import Senders

HELD_BACK = ("unknown", "cancelled")
BOB_IS_LATE_AFTER = timedelta(seconds=WAIT_S + 15)


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
    """Every run of a group that had to page Alice (and, a minute later, Bob) did, or its ledger says why not."""
    arrived = {(one.group_id, one.run, one.recipient) for one in evidence.pages}
    rows: dict[tuple[str, int], list[Any]] = {}
    for row in evidence.stored.deliveries.find({"kind": "page"}):
        body = orjson.loads(row["body"])
        rows.setdefault((body["group_id"], body["run"]), []).append(body)
    ended = {one["_id"]: one["ended"] for one in evidence.stored.escalations.find({}, {"ended": 1})}
    now = datetime.now(UTC)
    for id, document in groups.items():
        group = orjson.loads(document["body"])
        if not group["seen"]:
            continue
        alone = evidence.plan.is_left_alone(key_in(group["title"] or ""))
        for run in range(1, group["run"] + 1):
            expected = [ALICE]
            if alone and document["opened_at"] < now - BOB_IS_LATE_AFTER:
                expected.append(BOB)
            for recipient in expected:
                if (id, run, recipient) in arrived:
                    continue
                why = _why_none(
                    rows.get((id, run), []), recipient, ended.get(f"{id}:{run}"), alone, run < group["run"]
                )
                if why is not None:
                    verdict.missing_pages.append(
                        f"group {id} run {run} ({group['title']}): {recipient} {why}"
                    )


def _why_none(
    rows: list[Any], recipient: str, ended: str | None, alone: bool, superseded: bool
) -> str | None:
    """Return None when there is a good reason why no mail arrived, else what is missing."""
    mine = [one for one in rows if one["request"].get("user_id") and _is_of(one, recipient, rows)]
    excused = [one for one in mine if one["state"] in HELD_BACK and one["reason"]]
    if excused and not (alone and all(one["state"] == "cancelled" for one in excused)):
        return None
    if alone:
        return f"was not paged although nobody touched the group; rows: {[one['state'] for one in mine]}"
    if mine:
        return f"was not paged; rows: {[(one['state'], one['reason']) for one in mine]}"
    if ended or superseded:
        return None
    return "was not paged, and its escalation neither ended nor was superseded"


def _is_of(row: Any, recipient: str, rows: list[Any]) -> bool:
    """Return whether a row pages this recipient: the chain's first page is Alice's, the other Bob's."""
    users = list(
        dict.fromkeys(one["request"]["user_id"] for one in sorted(rows, key=lambda one: one["created_at"]))
    )
    return users.index(row["request"]["user_id"]) == (0 if recipient == ALICE else 1)


def _duplicate_pages(evidence: Evidence, verdict: Verdict) -> None:
    for (group, run, recipient), count in Counter(
        (one.group_id, one.run, one.recipient) for one in evidence.pages
    ).items():
        if count > 1:
            verdict.duplicate_pages.append(f"group {group} run {run}: {recipient} got {count} mails")


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
