"""Escalation chains on the pages: built and changed by forms, in use they stay, simulated beside, nothing unescaped."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from shared.domain.configuration import Chain, StepConfig
from shared.store.configuration import ConfigurationStore
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Answer, Browser, signed_in, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
HOSTILE = "<img src=x onerror=alert(1)>"


async def a_browser(api: RunningApi, role: str = "admin") -> Browser:
    return await signed_in(api, await with_password(api, await a_person(api, role=role)))


async def a_chain(browser: Browser, name: str = "") -> str:
    """Make a chain by its form; return its path."""
    made = await browser.post("/escalation-chains", {"name": name or f"ops {uuid.uuid4().hex}"})
    assert made.status == 303, made.text
    return made.location


async def add(browser: Browser, chain: str, kind: str, **fields: Any) -> Answer:
    pairs = [
        (name, one)
        for name, value in fields.items()
        for one in ([value] if isinstance(value, str) else value)
    ]
    return await browser.post(f"{chain}/steps", [("type", kind), *pairs])


async def steps_of(api: RunningApi, chain: str) -> list[StepConfig]:
    config = await ConfigurationStore(api.store).load()
    return list(config.steps_of.get(chain.removeprefix("/escalation-chains/"), ()))


async def test_a_chain_is_built_by_forms_and_reads_as_sentences(api: RunningApi):
    browser, alice = await a_browser(api), await a_person(api, email="a@example.org")
    chain = await a_chain(browser)
    done = [
        await add(browser, chain, "notify_persons", persons_to_notify=[alice.username, ""], important="1"),
        await add(browser, chain, "resolve"),
        await add(browser, chain, "wait", duration="5", duration_unit="minutes", place="1"),
    ]
    page = (await browser.get(chain)).text

    assert [(one.status, one.location) for one in done] == [(303, chain)] * 3
    first, wait, last = await steps_of(api, chain)
    assert [first.type, wait.type, last.type] == ["notify_persons", "wait", "resolve"]
    assert f"Page {alice.username}, important" in page
    assert "Wait 5 minutes" in page

    await browser.post(f"{chain}/steps/{last.id}/move", {"way": "up"})
    await browser.post(f"{chain}/steps/{first.id}/move", {"way": "down"})
    assert [one.id for one in await steps_of(api, chain)] == [last.id, first.id, wait.id]
    await browser.post(
        f"{chain}/steps/{wait.id}", {"type": "wait", "duration": "1", "duration_unit": "hours"}
    )
    assert "Wait 1 hour" in (await browser.get(chain)).text
    await browser.post(f"{chain}/steps/{wait.id}/remove")
    assert [one.id for one in await steps_of(api, chain)] == [last.id, first.id]


async def test_a_form_shows_the_fields_of_its_kind_alone_and_a_refused_one_comes_back_as_it_was(
    api: RunningApi,
):
    browser = await a_browser(api)
    chain = await a_chain(browser)
    form = (await browser.get(f"{chain}?add=wait")).text
    refused = await add(browser, chain, "wait", duration="30", duration_unit="seconds", condition="{{ 1 }}")
    nobody = await add(browser, chain, "notify_persons", persons_to_notify="nobody-like-it")
    unknown = await add(browser, chain, "declare_incident")

    assert 'name="duration"' in form
    assert 'name="persons_to_notify"' not in form
    assert refused.status == 400
    assert "duration: " in refused.text
    assert 'value="30"' in refused.text
    assert "{{ 1 }}" in refused.text
    assert nobody.status == 400
    assert "nobody with the username nobody-like-it" in nobody.text
    assert unknown.status == 400
    assert await steps_of(api, chain) == []


async def test_a_step_of_another_chain_is_not_there(api: RunningApi):
    browser = await a_browser(api)
    one, other = await a_chain(browser), await a_chain(browser)
    await add(browser, one, "resolve")
    (step,) = await steps_of(api, one)
    for path, fields in (
        (f"{other}/steps/{step.id}", {"type": "wait"}),
        (f"{other}/steps/{step.id}/move", {"way": "up"}),
        (f"{other}/steps/{step.id}/remove", {}),
    ):
        assert (await browser.post(path, fields)).status == 404
    assert await steps_of(api, one) == [step]


async def test_a_chain_in_use_stays_and_says_where_and_a_copy_has_its_steps(api: RunningApi):
    browser = await a_browser(api)
    chain, name = await a_chain(browser), f"prod {uuid.uuid4().hex}"
    chain_id = chain.removeprefix("/escalation-chains/")
    await add(browser, chain, "wait", duration="7")
    integration = await api.post("integrations/", name=name, type="webhook")
    route = f"routes/{integration['default_route']['id']}"
    await api.put(route, escalation_chain_id=chain_id)
    refused = await browser.post(f"{chain}/remove")
    copied = await browser.post(f"{chain}/copy", {"name": f"copy {name}"})
    twice = await browser.post(f"{chain}/copy", {"name": f"copy {name}"})

    assert refused.status == 400
    assert f"in use: {name}, default route" in refused.text
    assert copied.status == 303
    assert [(one.type, one.parameters) for one in await steps_of(api, copied.location)] == [
        ("wait", {"duration": 420})
    ]
    assert twice.status == 400
    await api.put(route, escalation_chain_id=None)
    assert (await browser.post(f"{chain}/remove")).location == "/escalation-chains"
    assert chain_id not in (await ConfigurationStore(api.store).load()).chain_by_id
    assert (await browser.get(chain)).status == 404


async def test_the_simulator_plays_the_chain_at_the_time_of_the_address_in_the_readers_zone(api: RunningApi):
    user = await with_password(api, await a_person(api, role="viewer", timezone="Europe/Berlin"))
    admin, reader = await a_browser(api), await signed_in(api, user)
    alice = await a_person(api, email="a@example.org")
    chain = await a_chain(admin)
    await add(
        admin,
        chain,
        "notify_if_time_from_to",
        notify_if_time_from="09:00",
        notify_if_time_to="17:00",
        time_zone="Europe/Berlin",
    )
    await add(
        admin,
        chain,
        "notify_persons",
        persons_to_notify=alice.username,
        condition='{{ labels.severity == "high" }}',
    )
    night = (await reader.get(f"{chain}?at=2027-01-04T03:00&label=severity:high")).text
    quiet = (await reader.get(f"{chain}?at=2027-01-04T03:00&label=severity:low")).text
    wrong = await reader.get(f"{chain}?at=soon&label=x&payload=%7B")

    assert f"Paged, in this order: <strong>{alice.username}</strong>" in night
    assert re.search(
        r'<time datetime="2027-01-04T08:00:00\+00:00"[^>]*>Mon 04 Jan 09:00</time> <span class="after">\+6 h',
        night,
    )
    assert "Nobody would be paged" in quiet
    assert "at: Must be a date" in wrong.text
    assert 'name="way"' not in night


async def test_a_viewer_changes_nothing_and_an_editor_may_apply_a_chain_to_running_groups(api: RunningApi):
    admin, viewer, editor = [await a_browser(api, role) for role in ("admin", "viewer", "editor")]
    chain = await a_chain(admin)
    pressed = await viewer.post(f"{chain}/steps", {"type": "resolve"})
    applied = await editor.post(f"{chain}/apply")
    nothing = await editor.post("/escalation-chains/FNOTHING/apply")

    assert (pressed.status, applied.status, nothing.status) == (403, 303, 404)
    assert await steps_of(api, chain) == []


async def test_names_and_templates_are_shown_as_text_and_nothing_runs(api: RunningApi):
    browser = await a_browser(api)
    chain = await a_chain(browser, f"{HOSTILE}{uuid.uuid4().hex}")
    await add(browser, chain, "continue_if", continue_if=f"{HOSTILE}")
    pages = [
        (await browser.get(path)).text
        for path in ("/escalation-chains", chain, f"{chain}?label={HOSTILE}:x&payload=%22%3Cimg%20src%22")
    ]
    assert all("<img src=x" not in one for one in pages)
    assert all("&lt;img src=x" in one for one in pages)


async def test_the_list_is_searched_and_a_name_taken_twice_is_refused_with_the_form(api: RunningApi):
    browser, name = await a_browser(api), f"night {uuid.uuid4().hex}"
    chain = await a_chain(browser, name)
    twice = await browser.post("/escalation-chains", {"name": name})
    found = (await browser.get(f"/escalation-chains?q={name[:20].upper()}")).text
    other = (await browser.get("/escalation-chains?q=nothing-like-it")).text

    assert twice.status == 400
    assert "name: " in twice.text
    assert f'value="{name}"' in twice.text
    assert f'href="{chain}"' in found
    assert f'href="{chain}"' not in other
    renamed = await browser.post(chain, {"name": f"{name} new", "team_id": ""})
    assert renamed.location == chain
    chains: dict[str, Chain] = (await ConfigurationStore(api.store).load()).chain_by_id
    assert chains[chain.removeprefix("/escalation-chains/")].name == f"{name} new"
