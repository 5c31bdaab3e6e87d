"""`tocsin export`, `plan` and `apply` in the shell: exit codes, secrets by reference, the round trip."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from tests.integration.api.api_running import RunningApi, an_api
from tests.support.command_line import Done, tocsin

pytestmark = pytest.mark.integration
DECLARATION = """
users:
  - username: alice
    contact_points:
      - { kind: pushover, address: "${env:ALICE_PUSHOVER}" }
webhooks:
  - { name: ticket, url: https://t.example.org, password: "${file:ticket-password}" }
chains:
  - name: ops
    steps: [{ type: notify_persons, persons_to_notify: [alice] }]
"""
SECRETS = {"ALICE_PUSHOVER": "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"}


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api with an empty configuration and no broker."""
    async with an_api(mongo_url, tmp_path) as running:
        yield running


async def run(api: RunningApi, *arguments: str, given: str = "", **more: str) -> Done:
    return await tocsin(*arguments, url=api.url, token=api.token, given=given, more=more)


async def test_the_export_piped_into_the_plan_shows_no_change(api: RunningApi, tmp_path: Path):
    file = tmp_path / "tocsin.yaml"
    file.write_text(DECLARATION)
    (tmp_path / "ticket-password").write_text("pass word\n")

    first = await run(api, "plan", "-f", str(file), **SECRETS)
    assert (first.code, "+ users alice" in first.out) == (2, True), first
    assert "4 to create, 0 to change, 0 to remove" in first.out
    done = await run(api, "apply", "-f", str(file), **SECRETS)
    assert done.code == 0, done
    exported = await run(api, "export")
    again = await run(api, "plan", "-f", "-", given=exported.out)

    assert (exported.code, exported.err) == (0, "")
    assert yaml.safe_load(exported.out)["webhooks"][0]["password"] == "${env:WEBHOOK_TICKET_PASSWORD}"
    assert (again.code, "No changes" in again.out) == (0, True), again
    assert "stay as they are stored: ${env:USER_ALICE_PUSHOVER}, ${env:WEBHOOK_TICKET_PASSWORD}" in again.err
    (tmp_path / "ticket-password").write_text("another\n")
    changed = await run(api, "plan", "-f", str(tmp_path), "-o", "json", **SECRETS)
    assert changed.code == 2
    assert changed.json["changes"][0]["fields"] == {"password": {"from": "(secret)", "to": "(secret)"}}


async def test_a_plan_that_cannot_be_made_ends_with_one_and_names_the_line(api: RunningApi, tmp_path: Path):
    file = tmp_path / "tocsin.yaml"
    file.write_text(DECLARATION.replace("[alice]", "[nobody]"))

    told = await run(api, "plan", "-f", str(file))

    assert told.code == 1
    assert f"{file}:5: users.0.contact_points.0.address: its address is not given here" in told.err
    assert f"{file}:7: webhooks.0.password: its secret is not given here" in told.err
    assert f"{file}:10: chains.0.steps.0.persons_to_notify: there is no user named nobody" in told.err


async def test_what_was_changed_by_hand_is_shown_by_the_plan_and_taken_back_only_when_it_is_said(
    api: RunningApi, tmp_path: Path
):
    file = tmp_path / "chains.yaml"
    file.write_text("chains: [{ name: ops, steps: [{ type: wait, duration: 60 }] }]")
    assert (await run(api, "apply", "-f", str(file))).code == 0
    (step,) = (await api.get("escalation_policies"))["results"]
    await api.put(f"escalation_policies/{step['id']}", duration=600)

    plan = await run(api, "plan", "-f", str(file))
    refused = await run(api, "apply", "-f", str(file), "--yes")
    words = "escalation_chains ops: steps changed by hand since it was applied last"
    assert (plan.code, f"! {words}" in plan.out, "--overwrite" in plan.out) == (2, True, True), plan
    assert (refused.code, words in refused.err, "--overwrite" in refused.err) == (1, True, True), refused

    exported = await run(api, "export")
    taken_over = await run(api, "apply", "-f", "-", given=exported.out)
    assert (taken_over.code, "0 changed" in taken_over.out) == (0, True), taken_over
    # The set agrees with what is there now, so going back to what it was is a change of code like any other.
    assert (await run(api, "apply", "-f", str(file))).code == 0
    await api.put(f"escalation_policies/{step['id']}", duration=600)
    done = await run(api, "apply", "-f", str(file), "--overwrite")
    assert done.code == 0, done
    assert (await api.get(f"escalation_policies/{step['id']}"))["duration"] == 60
