"""Schedules on the pages: drawn, made by forms, overridden, swapped and subscribed to; nothing unescaped."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from multidict import MultiDict

from shared import clock
from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.external_events import fetched_calendar
from shared.domain.model import SYSTEM
from shared.domain.on_call import on_call_at
from shared.store.configuration import ConfigurationStore
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, signed_in, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
HOSTILE = "<img src=x onerror=alert(1)>"
DRAWN = re.compile(r'<svg class="shift (\w+)[^"]*"[^>]*>\s*<title>([^<]*)</title>')


async def a_reader(api: RunningApi, role: str = "editor", **fields: Any) -> tuple[Browser, User]:
    user = await with_password(api, await a_person(api, role=role, **fields))
    return await signed_in(api, user), user


async def config_of(api: RunningApi) -> ConfigSnapshot:
    return await ConfigurationStore(api.store).load()


async def a_schedule(browser: Browser, *people: User, name: str = "", **layer: Any) -> str:
    """Make a schedule with one layer, of people who hand over every day at midnight UTC; return its path."""
    fields = {"type": "web", "name": name or f"Primary {uuid.uuid4().hex}", "time_zone": "UTC"}
    made = await browser.post("/schedules/new", fields)
    assert made.status == 303, made.text
    path = made.location.removesuffix("/layers/new")
    form: MultiDict[str] = MultiDict(("turns", one.username) for one in people)
    form.extend(
        {"name": "Days", "start": "2026-01-01T00:00", "handover": "daily", "every": "1", "level": "0"} | layer
    )
    added = await browser.post(f"{path}/layers/new", list(form.items()))
    assert (added.status, added.location) == (303, path), added.text
    return path


def id_of(path: str) -> str:
    return path.removeprefix("/schedules/")


def field(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def hour(after: int) -> datetime:
    return clock.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=after)


def drawn(page: str, kind: str) -> list[str]:
    return [unescape(words) for found, words in DRAWN.findall(page) if found == kind]


async def test_a_schedule_is_made_by_forms_and_its_page_says_and_draws_who_is_on_call(api: RunningApi):
    browser, alice = await a_reader(api)
    bob = await a_person(api)
    path = await a_schedule(browser, alice, bob)
    page = (await browser.get(f"{path}?health=yes")).text
    config = await config_of(api)
    (now_on,) = on_call_at(config, id_of(path), clock.now()).user_ids
    person = config.user_by_id[now_on].username
    listed = (await browser.get("/schedules")).text

    assert f"{person}</strong> until" in page
    assert len(drawn(page, "final")) == 7
    assert drawn(page, "gap") == []
    assert "No gaps in the next 30 days" in page
    assert f'href="{path}"' in listed
    assert f'hx-get="{path}/health"' in listed
    assert "of 100" in (await browser.get(f"{path}/health")).text


async def test_a_month_is_drawn_in_the_zone_of_the_address_and_gaps_are_marked(api: RunningApi):
    browser, alice = await a_reader(api, timezone="Europe/Berlin")
    path = await a_schedule(browser, alice, begins="09:00", ends="17:00", handover="weekly")
    month = (await browser.get(f"{path}?view=month&from=2026-06-10")).text
    kolkata = (await browser.get(f"{path}?from=2026-06-10&zone=Asia/Kolkata")).text
    wrong = await browser.get(f"{path}?zone=Mars/Base")

    assert month.count('<svg class="strip"') == 5
    assert f"{alice.username}: Wed 10 Jun 11:00 to Wed 10 Jun 19:00, Days, level 0" in drawn(month, "final")
    assert drawn(month, "layer") == []
    assert "nobody: Wed 10 Jun 19:00 to Thu 11 Jun 11:00, nobody is on call" in drawn(month, "gap")
    assert f"{alice.username}: Wed 10 Jun 14:30 to Wed 10 Jun 22:30, Days, level 0" in drawn(kolkata, "final")
    assert drawn(kolkata, "layer")
    assert (wrong.status, "zone: " in wrong.text) == (400, True)


async def test_an_override_holds_at_once_in_the_zone_of_the_page_and_can_be_taken_back(api: RunningApi):
    browser, alice = await a_reader(api)
    carol = await a_person(api)
    path = await a_schedule(browser, alice)
    start, end = hour(-1), hour(2)
    times = {
        "start": field(start + timedelta(hours=5, minutes=30)),
        "end": field(end + timedelta(hours=5, minutes=30)),
    }
    refused = await browser.post(f"{path}/overrides", {"users": "nobody-like-it", "name": "ill", **times})
    backwards = await browser.post(
        f"{path}/overrides", {"users": carol.username, "start": times["end"], "end": times["start"]}
    )
    done = await browser.post(f"{path}/overrides?zone=Asia/Kolkata", {"users": carol.username, **times})
    config = await config_of(api)
    (override,) = [one for one in config.shifts_of(config.schedule_by_id[id_of(path)]) if one.is_override]

    assert (refused.status, backwards.status, done.status) == (400, 400, 303)
    assert "nobody with the username" in refused.text
    assert 'value="ill"' in refused.text
    assert "end: Must be after start." in backwards.text
    assert "zone=Asia/Kolkata" in done.location
    assert on_call_at(config, id_of(path), clock.now()).user_ids == (carol.id,)
    assert override.start == f"{start:%Y-%m-%dT%H:%M:%S}"
    assert carol.username in (await browser.get(path)).text
    gone = [await browser.post(f"{path}/overrides/{override.id}/remove") for _ in range(2)]
    assert [one.status for one in gone] == [303, 404]
    assert on_call_at(await config_of(api), id_of(path), clock.now()).user_ids == (alice.id,)


async def test_an_override_is_changed_by_its_form_in_the_zone_of_the_page(api: RunningApi):
    browser, alice = await a_reader(api)
    carol, dave = await a_person(api), await a_person(api)
    path, start = await a_schedule(browser, alice), hour(1)
    times = {"start": field(start), "end": field(start + timedelta(hours=2))}
    await browser.post(f"{path}/overrides", {"users": carol.username, "name": "ill", **times})
    config = await config_of(api)
    (override,) = [one for one in config.shifts_of(config.schedule_by_id[id_of(path)]) if one.is_override]
    one = f"{path}/overrides/{override.id}"
    listed, form = (await browser.get(path)).text, (await browser.get(f"{one}?zone=Asia/Kolkata")).text
    local = start + timedelta(hours=5, minutes=30)
    backwards = await browser.post(one, {"users": "dave?", "name": "holiday", "start": "x", "end": "y"})
    moved = {"start": field(local + timedelta(hours=1)), "end": field(local + timedelta(hours=4))}
    people = [("users", dave.username), ("users", carol.username), ("name", ""), *moved.items()]
    done = await browser.post(f"{one}?zone=Asia/Kolkata", people)
    after = (await config_of(api)).shift_by_id[override.id]
    other = await a_schedule(browser, alice)

    assert f'href="{one}?' in listed
    assert f'value="{field(local)}"' in form
    assert f'value="{carol.username}"' in form
    assert (backwards.status, 'value="holiday"' in backwards.text, 'value="dave?"' in backwards.text) == (
        400,
        True,
        True,
    )
    assert (done.status, "zone=Asia/Kolkata" in done.location) == (303, True)
    assert (after.users, after.name) == ((dave.id, carol.id), "ill")
    assert (after.start, after.duration) == (f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}", 3 * 3_600)
    assert (await browser.get(f"{other}/overrides/{override.id}")).status == 404
    assert (await browser.post(f"{other}/overrides/{override.id}", people)).status == 404
    viewer, _ = await a_reader(api, "viewer")
    assert (await viewer.get(one)).status == 403


async def test_a_monthly_layer_is_made_by_its_form_and_shown_in_it_again(api: RunningApi):
    browser, alice = await a_reader(api)
    path = await a_schedule(
        browser, alice, handover="monthly", monthdays="1, -1", months="6", lasts="36:30", week_start="WE"
    )
    config = await config_of(api)
    (shift,) = config.shifts_of(config.schedule_by_id[id_of(path)])
    form = (await browser.get(f"{path}/layers/{shift.id}")).text
    fields = {"name": "Ends", "turns": alice.username, "start": "2026-01-01T00:00", "every": "1"}
    refused = await browser.post(
        f"{path}/layers/{shift.id}", {**fields, "handover": "monthly", "monthdays": "1, 77", "months": "7"}
    )

    assert (shift.frequency, shift.by_monthday, shift.by_month) == ("monthly", (1, -1), (6,))
    assert (shift.duration, shift.week_start) == (131_400, "WE")
    assert 'value="1, -1"' in form
    assert 'value="6" checked' in form
    assert 'value="36:30"' in form
    assert "on the 1st and last of the month, in Jun" in (await browser.get(path)).text
    assert (refused.status, "monthdays: Must be days" in refused.text) == (400, True)
    assert ('value="1, 77"' in refused.text, 'value="7" checked' in refused.text) == (True, True)


async def test_a_swap_is_asked_for_taken_by_somebody_else_and_withdrawn(api: RunningApi):
    asking, alice = await a_reader(api)
    helping, bob = await a_reader(api)
    path = await a_schedule(asking, alice)
    asked = await asking.post(
        f"{path}/swaps",
        {
            "beneficiary": alice.username,
            "start": field(hour(24)),
            "end": field(hour(30)),
            "description": HOSTILE,
        },
    )
    (swap,) = (await config_of(api)).swaps_of[id_of(path)]
    own = await asking.post(f"{path}/swaps/{swap.id}/take", {"benefactor": alice.username})
    taken = await helping.post(f"{path}/swaps/{swap.id}/take")
    page = (await helping.get(f"{path}?view=month&from={hour(24):%Y-%m-%d}")).text

    assert (asked.status, own.status, taken.status) == (303, 400, 303)
    assert "Nobody can take a swap of their own" in own.text
    assert any(one.startswith(f"{bob.username} for {alice.username}: ") for one in drawn(page, "swap"))
    assert HOSTILE not in page
    assert "&lt;img src=x" in page
    assert on_call_at(await config_of(api), id_of(path), hour(25)).user_ids == (bob.id,)
    other = await a_schedule(asking, alice)
    assert (await asking.post(f"{other}/swaps/{swap.id}/withdraw")).status == 404
    assert (await asking.post(f"{path}/swaps/{swap.id}/withdraw")).status == 303
    assert on_call_at(await config_of(api), id_of(path), hour(25)).user_ids == (alice.id,)


async def test_a_calendar_is_subscribed_to_by_an_address_that_is_shown_once(api: RunningApi):
    browser, alice = await a_reader(api)
    path = await a_schedule(browser, alice)
    for page, link in ((path, f"{path}/calendar-link"), ("/schedules", "/schedules/my-calendar")):
        made = await browser.post(link)
        url = re.search(r'value="https://tocsin\.example\.org(/api/v1/[^"]+)"', made.text)
        assert made.status == 200
        assert url is not None
        calendar = await browser.get(unescape(url.group(1)))
        assert calendar.status == 200
        assert calendar.text.startswith("BEGIN:VCALENDAR")
        assert url.group(1) not in (await browser.get(page)).text
        assert (await browser.post(f"{link}/remove")).status == 303
        assert (await browser.get(unescape(url.group(1)))).status == 403


async def test_a_schedule_of_an_external_calendar_is_made_by_its_address_and_its_texts_are_shown_as_text(
    api: RunningApi,
):
    browser, alice = await a_reader(api)
    name = f"{HOSTILE}{uuid.uuid4().hex}"
    wrong = await browser.post(
        "/schedules/new", {"type": "ical", "name": name, "ical_url_primary": "ftp://x"}
    )
    url = "https://calendar.example.org/secret.ics"
    made = await browser.post("/schedules/new", {"type": "ical", "name": name, "ical_url_primary": url})
    first, last = (f"{hour(24 * days):%Y%m%d}" for days in (-9, 9))
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n"
        f"UID:{HOSTILE}\r\nSUMMARY:{HOSTILE}\r\nDTSTART:{first}T000000Z\r\nDTEND:{last}T000000Z\r\nDTSTAMP:{first}T000000Z\r\n"
        f"DESCRIPTION:{alice.username}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    row = fetched_calendar(id_of(made.location), "primary", text, clock.now())
    await ConfigurationStore(api.store).change(lambda draft: draft.put(row), SYSTEM, clock.now())
    page = (await browser.get(made.location)).text

    assert (wrong.status, made.status) == (400, 303)
    assert "ical_url_primary: " in wrong.text
    assert drawn(page, "final")
    assert url not in page
    for shown in (
        page,
        wrong.text,
        (await browser.get("/schedules")).text,
        (await browser.get(f"{made.location}/edit")).text,
    ):
        assert "<img src=x" not in shown
        assert "&lt;img src=x" in shown


async def test_a_layer_is_edited_with_what_it_says_and_a_schedule_that_a_chain_asks_stays(api: RunningApi):
    browser, alice = await a_reader(api)
    path = await a_schedule(browser, alice)
    config = await config_of(api)
    (shift,) = config.shifts_of(config.schedule_by_id[id_of(path)])
    form = (await browser.get(f"{path}/layers/{shift.id}")).text
    refused = await browser.post(f"{path}/layers/{shift.id}", {"name": "Nights", "turns": "nobody-like-it"})
    chain = await api.post("escalation_chains/", name=f"asks {uuid.uuid4().hex}")
    step = {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": id_of(path)}
    made = await api.post("escalation_policies/", escalation_chain_id=chain["id"], **step)
    kept = await browser.post(f"{path}/remove")

    assert f'value="{alice.username}"' in form
    assert 'value="2026-01-01T00:00"' in form
    assert refused.status == 400
    assert 'value="Nights"' in refused.text
    assert kept.status == 400
    assert chain["name"] in kept.text
    await api.delete(f"escalation_policies/{made['id']}")
    assert (await browser.post(f"{path}/layers/{shift.id}/remove")).status == 303
    assert "None yet: nobody is on call." in (await browser.get(path)).text
    assert (await browser.post(f"{path}/remove")).location == "/schedules"
    assert (await browser.get(path)).status == 404


async def test_a_viewer_sees_the_picture_and_is_offered_nothing_that_changes_it(api: RunningApi):
    editor, alice = await a_reader(api)
    viewer, _ = await a_reader(api, "viewer")
    path = await a_schedule(editor, alice)
    page = (await viewer.get(path)).text

    assert drawn(page, "final")
    forms = {one for one in re.findall(r'action="([^"]+)"', page) if one.startswith("/schedules")}
    assert forms == set()
    assert (await viewer.post(f"{path}/overrides", {"users": alice.username})).status == 403


async def test_twenty_layers_are_drawn_on_one_page(api: RunningApi):
    browser, alice = await a_reader(api)
    path = await a_schedule(browser, alice)
    for level in range(1, 20):
        await api.post(
            "on_call_shifts/",
            schedule=id_of(path),
            name=f"layer {level}",
            type="rolling_users",
            rolling_users=[[alice.id]],
            start_rotation_from_user_index=0,
            frequency="daily",
            level=level,
            start="2026-01-01T00:00:00",
            duration=86_400,
        )
    page = (await browser.get(path)).text
    assert page.count('<text class="lane"') == 21
    assert len(page) < 150_000
