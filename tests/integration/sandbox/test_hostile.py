"""No template, pattern or payload takes more than its time or memory, or gets at anything outside its payload."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.domain.configuration import Integration, Route
from shared.domain.model import Alert, Group
from shared.domain.template_jobs import RenderJob, Routed, RouteJob, digest
from shared.integrations import all_types
from shared.sandbox import Sandbox
from tests.support.hostile import HOSTILE, PAYLOAD, cpu_s

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DEFAULT = Route(id="RDEFAULT", integration_id="C1", is_default=True)
KINDS = sorted({name.partition("-")[0] for name in HOSTILE} - {"nested_loops", "time", "regex"})
# CPU seconds of one job: what it has beside the others, and all of it apart; half as much again ends the process.
CPU_S = (0.1 + 0.25) * 1.5
# A worker's own code and caches, and 64 MiB for the job.
PEAK_MIB = 230
# What nobody may find in what a template printed.
SECRETS = ("TOCSIN", "PATH=", "/usr/lib", "<module", "<function", "built-in", "subclasses", "object at 0x")


@pytest_asyncio.fixture(loop_scope="function")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as opened:
        yield opened


def a_job(name: str, template: str, payload: Any = PAYLOAD) -> RouteJob:
    """Return an alert of an integration of its own whose grouping, title and route are this template."""
    using = Integration(
        id=f"C-{name}", name="prod", type="webhook", token_digest="", templates={"grouping_key": template}
    )
    alert = Alert(id=f"a-{name}", integration_id=using.id, received_at=NOON, payload=payload)
    return RouteJob(alert=alert, integration=using, routes=(DEFAULT,))


def is_harmless(routed: Routed, alert_id: str) -> bool:
    """Whether an alert went on: with a text of bounded size, or the safe default and a problem that says why."""
    if routed.grouping_key is None:
        return routed.grouping_digest == digest(alert_id) and routed.route_id == "RDEFAULT"
    return len(routed.grouping_key) <= 50_002 and not any(one in routed.grouping_key for one in SECRETS)


def peak_mib(pid: int) -> float:
    """Return the most memory that a process has held."""
    found = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(found[0].split()[1]) / 1024 if found else 0.0


@pytest.mark.parametrize("kind", KINDS)
async def test_templates_of_this_kind_harm_nobody(sandbox: Sandbox, kind: str) -> None:
    names = [one for one in HOSTILE if one.startswith(f"{kind}-")]
    fine = a_job("fine", "{{ payload.num }}")

    routed = await sandbox.route([fine, *(a_job(one, HOSTILE[one]) for one in names), fine], NOON)

    assert [one.grouping_key for one in (routed[0], routed[-1])] == ["1", "1"]
    harmful = [
        one for one, answer in zip(names, routed[1:-1], strict=True) if not is_harmless(answer, f"a-{one}")
    ]
    assert harmful == []


@pytest.mark.deep
@pytest.mark.parametrize("name", HOSTILE)
async def test_this_template_keeps_to_its_time_and_memory(sandbox: Sandbox, name: str) -> None:
    before = {pid: cpu_s(pid) for pid in sandbox.pids}
    began_s = time.monotonic()

    (routed,) = await sandbox.route([a_job(name, HOSTILE[name])], NOON)

    assert time.monotonic() - began_s < 20, "it hangs"
    assert is_harmless(routed, f"a-{name}")
    for pid in set(sandbox.pids) & set(before):
        assert cpu_s(pid) - before[pid] < CPU_S + 0.1
        assert peak_mib(pid) < PEAK_MIB
    (after,) = await sandbox.route([a_job("after", "{{ payload.num }}")], NOON)
    assert after.grouping_key == "1"


def nested(levels: int, *, mapping: bool) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value} if mapping else [value]
    return value


PAYLOADS: dict[str, Any] = {
    "10,000 lists deep": nested(10_000, mapping=False),
    "10,000 maps deep": {"alerts": nested(10_000, mapping=True)},
    "200 levels": nested(200, mapping=True),
    "100,000 keys": {f"key{n}": n for n in range(100_000)},
    "100,000 labels": {"commonLabels": {f"k{n}": "v" for n in range(100_000)}, "status": "firing"},
    "100,000 alerts": {"alerts": [{"status": "firing", "labels": {"a": "b"}}] * 100_000, "groupKey": "k"},
    "a long text": {"title": "x" * 1_000_000, "message": "*_[`<" * 200_000, "alert_uid": "u" * 1_000_000},
    "marks": {"title": "**" * 100_000, "message": "[" * 100_000 + "](" * 100_000},
    "half a sign": {"title": "\ud800", "message": "\udfff"},
    "nothing": {"title": "\x00", "message": "a\x00b", "alert_uid": "\x00"},
    "odd numbers": {"title": 10**400, "message": float("nan"), "alert_uid": float("inf")},
    "odd names": {"__class__": 1, "items": 2, "": 3, "self": 4, "loop": 5, "\x00": 6, "a.b": 7},
    "a list": [1, {"title": "x"}],
    "a text": "x",
    "null": None,
}


@pytest.mark.parametrize("name", PAYLOADS)
async def test_this_payload_goes_on_whatever_type_it_is_sent_to(sandbox: Sandbox, name: str) -> None:
    some = 20 if name.startswith("100,000") else 5
    types = [one.slug for one in all_types()][:: 1 if os.environ.get("TOCSIN_TEST_DEEP") else some]
    integrations = [Integration(id=f"C-{one}", name="prod", type=one, token_digest="") for one in types]
    alerts = [
        Alert(id=f"a{one.id}", integration_id=one.id, received_at=NOON, payload=PAYLOADS[name])
        for one in integrations
    ]

    routed = await sandbox.route(
        [
            RouteJob(alert=alert, integration=one, routes=(DEFAULT,))
            for alert, one in zip(alerts, integrations, strict=True)
        ],
        NOON,
    )
    rendered = await sandbox.render(
        [
            RenderJob(integration=one, group=a_group(alert), payload=alert.payload)
            for alert, one in zip(alerts, integrations, strict=True)
        ],
        NOON,
    )

    assert {one.route_id for one in routed} == {"RDEFAULT"}
    for cards in (one.cards for one in rendered):
        assert len(cards) == 9
        assert all(card.title for card in cards.values())
        assert all(len(card.title) <= 1300 and len(card.message) <= 400_000 for card in cards.values())


def a_group(alert: Alert) -> Group:
    return Group(
        id=f"I{alert.id}",
        integration_id=alert.integration_id,
        key="k",
        number=7,
        first_alert_id=alert.id,
        last_alert_id=alert.id,
        opened_at=NOON,
        last_alert_at=NOON,
    )
