"""Judges a proof when all is at rest: what was accepted against what is stored, who was paged against who should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.chaos.proof import posts
from tests.chaos.proof.arrivals import Attribution, Page, Row
from tests.chaos.proof.cut_off import CutOff, listed
from tests.chaos.proof.ends import Ends
from tests.chaos.proof.people import People, key_in
from tests.chaos.proof.personal import Expected, Oracle
from tests.chaos.proof.plan import Plan
from tests.chaos.proof.senders import Senders

HELD_BACK = ("unknown", "cancelled")
Groups = Mapping[str, tuple[dict[str, Any], dict[str, Any]]]  # (document, group)
Runs = Mapping[tuple[str, int], Sequence[Expected]]
# What kills and restarts may cost a page that waited.
LATE_AFTER = timedelta(seconds=20)


@dataclass
class Verdict:
    """Each list of faults holds sentences; a proof holds when all of them are empty.

    `unknown` is no fault: it lists the sends of which nobody knows what became, with what cut them off.
    """

    accepted: int = 0
    crossing: int = 0
    unknown: list[str] = field(default_factory=list)
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
            f"late_pages={len(self.late_pages)} unknown={len(self.unknown)} seed={seed}"
        )


@dataclass
class Evidence:
    """Everything that the judgement rests on. `stored` is the database, read past the product."""

    plan: Plan
    senders: Senders
    people: People
    ends: Ends
    cut_off: CutOff
    rows: dict[str, Row]
    dead: dict[str, int]
    stored: Any

    def __post_init__(self) -> None:
        self.attribution = Attribution.of(self.rows, self.ends.arrivals())
        self.arrived = {page.row.id for page in self.attribution.pages}

    @property
    def pages(self) -> list[Page]:
        """What each row told by a message, in order."""
        return self.attribution.pages


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict."""
    verdict = Verdict(accepted=len(set(evidence.senders.accepted.values())))
    documents = {one["_id"]: one for one in evidence.stored.alert_groups.find()}
    groups = {id: (one, orjson.loads(one["body"])) for id, one in documents.items()}
    _alerts(evidence, documents, verdict)
    expected = _expected(evidence, groups)
    _missing_pages(evidence, groups, expected, verdict)
    _duplicate_pages(evidence, expected, verdict)
    _late_pages(evidence, verdict)
    posted = posts.posts_by_group(evidence.ends.chats)
    every = [group for _, group in groups.values()]
    verdict.duplicate_pages += posts.doubled(posted)
    verdict.missing_pages += posts.missing(posted, every, evidence.plan, evidence.stored)
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


def _expected(evidence: Evidence, groups: Groups) -> dict[tuple[str, int], list[Expected]]:
    """Return the pages of every run of every group."""
    oracle = Oracle(evidence.stored)
    return {
        (id, run): list(oracle.pages(group["integration_id"], id, run))
        for id, (_, group) in groups.items()
        for run in range(1, group["run"] + 1)
    }


def _missing_pages(evidence: Evidence, groups: Groups, expected: Runs, verdict: Verdict) -> None:
    """Every rule of every person that fell due in a run that had to page did page, or its ledger says why not."""
    ended = {one["_id"]: one["ended"] for one in evidence.stored.escalations.find({}, {"ended": 1})}
    now = datetime.now(UTC)
    for (id, run), pages in expected.items():
        document, group = groups[id]
        if not group["seen"]:
            continue
        alone = evidence.plan.is_left_alone(key_in(group["title"] or ""))
        over = bool(ended.get(f"{id}:{run}") or run < group["run"])
        for one in pages:
            is_due = not one.after_s or _fell_due(one, document, alone, now)
            if one.request_id in evidence.arrived or one.only_after is not None or not is_due:
                continue
            why = _why_none(evidence.rows.get(one.request_id), alone, over)
            if why is not None:
                verdict.missing_pages.append(f"group {id} run {run} ({group['title']}): {one.words} {why}")


def _fell_due(one: Expected, document: dict[str, Any], alone: bool, now: datetime) -> bool:
    """Whether a later page must be there by now: the group is nobody's, so that its only run began when it opened."""
    return alone and bool(document["opened_at"] + timedelta(seconds=one.after_s) + LATE_AFTER < now)


def _why_none(row: Row | None, alone: bool, over: bool) -> str | None:
    """Return None when there is a good reason why nothing arrived, else what is missing."""
    if row is not None and row.state in HELD_BACK and row.reason:
        return f"was cancelled: {row.reason}" if alone and row.state == "cancelled" else None
    if row is not None:
        return f"was not paged; its row is {row.state}: {row.reason}"
    if over and not alone:
        return None
    return (
        "was not asked for"
        if alone
        else "was not asked for, and the escalation neither ended nor was superseded"
    )


def _duplicate_pages(evidence: Evidence, expected: Runs, verdict: Verdict) -> None:
    """No rule of a person's chain told him twice in a run, and nothing told him that no rule asks for."""
    verdict.duplicate_pages += [
        f"{one.channel} {one.id or one.handle} to {one.person} is in no ledger"
        for one in evidence.attribution.strangers
    ]
    asked = {one.request_id: one for pages in expected.values() for one in pages}
    for row, count in Counter(page.row for page in evidence.pages).items():
        words = f"group {row.group_id} run {row.run}: {row.person} got {row.channel} {row.id}"
        if count > 1 + _repeats(evidence, row):
            verdict.duplicate_pages.append(f"{words} {count} times")
        one = asked.get(row.id)
        if one is None:
            verdict.duplicate_pages.append(f"{words}, which no rule asks for")
        elif one.only_after is not None and not _is_after(row, evidence.rows.get(one.only_after)):
            verdict.duplicate_pages.append(f"{words}, although his rules were running already")


def _repeats(evidence: Evidence, row: Row) -> int:
    """Return how often a message may come again: a webhook, under the same id, for each time that it was cut off."""
    return evidence.cut_off.count(row.id) if row.channel == "webhook" else 0


def _is_after(row: Row, last: Row | None) -> bool:
    return last is not None and last.created_at <= row.created_at


def _late_pages(evidence: Evidence, verdict: Verdict) -> None:
    """No page was handed over for a run that was taken, unless its last look at the group came before the answer."""
    taken: dict[str, list[tuple[int, float, str]]] = {}
    for one in evidence.people.taken:
        taken.setdefault(one.group_id, []).append((one.run, one.answered_at, one.action))
    for page in evidence.pages:
        row = page.row
        for run, answered_at, action in taken.get(row.group_id, ()):
            if row.run > run or page.at <= answered_at:
                continue
            looked_at = evidence.cut_off.looked_at(row, page.at)
            if looked_at is not None and looked_at <= answered_at:
                verdict.crossing += 1
                continue
            after_ms = [f"{(one - answered_at) * 1000:.0f} ms" for one in (page.at, looked_at) if one]
            words = f"{row.person} was paged by {row.channel} {after_ms[0]} after {action}"
            look = f"it was looked at {after_ms[1]} after" if looked_at else "no look at it is known"
            verdict.late_pages.append(f"group {row.group_id} run {row.run}: {words}; {look}")


def _the_rest(evidence: Evidence, verdict: Verdict) -> None:
    stored = evidence.stored
    unknown = [row for row in evidence.rows.values() if row.state == "unknown"]
    verdict.unknown, unexplained = listed(unknown, evidence.cut_off, evidence.arrived)
    verdict.other += unexplained
    verdict.other += [f"a provider would have refused: {one}" for one in evidence.ends.violations()]
    verdict.other += [f"{count} dead letters in {queue}" for queue, count in evidence.dead.items() if count]
    for one in stored.escalations.find({"ended": "", "due_at": {"$exists": False}}):
        verdict.other.append(f"escalation {one['_id']} has neither ended nor a due time")
    received: set[str] = set()
    for page in stored.journal.find({"received": True}, {"alerts": 1}):
        received.update(page["alerts"])
    untraced = set(evidence.senders.accepted.values()) - received
    verdict.other += [f"alert {id} has no trace" for id in sorted(untraced)]
