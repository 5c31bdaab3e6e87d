"""What foreign systems and users write is text on every page: it becomes no element, attribute or address."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from icalendar import Calendar
from yarl import URL

from shared import clock
from shared.domain.model import SYSTEM
from shared.store.configuration import ConfigurationStore
from tests.integration.api.acting_running import a_firing_group, a_person, groups, message_of
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.integration.console.browsing import Answer, Browser, by_token
from tests.integration.security.access import PAGE_ACCESS
from tests.integration.security.hostile_house import EVIL, LINK, MARKDOWN, SHORT, hostile_house
from tests.integration.security.markup import hostile_parts, shows_mark
from tests.integration.security.places import address_of

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
# Pages that show nothing that anybody wrote, and where the browser is sent on.
WITHOUT = {
    "/",
    "/integrations/new",
    "/integrations/{id}/first-alert",
    "/pipeline/stages",
    "/schedules/{id}/health",
    "/settings",
}
STREAMS = ("/live/groups", "/live/pipeline")
# What would take away what the other tests look at.
REMOVING = ("/remove", "/discard", "/replay", "/revoke", "/end", "{service}/{id}")
# Other views of the same pages.
VIEWS = (
    "/alert-groups?q={evil}&label={evil}:{evil}&state=firing&state=acknowledged&integration_id={evil}",
    "/escalation-chains/{chain}?at=2026-01-04T03:00&label={evil}&payload={evil}&horizon={evil}",
    "/escalation-chains/{chain}?edit={step}",
    "/escalation-chains/{chain}?add=notify_persons",
    "/schedules/{schedule}?view=month&layers=yes&health=yes",
    "/schedules/{calendar}?health=yes",
    "/audit?actor={evil}&object_id={evil}",
    "/users?q={evil}",
    "/integrations?q={evil}&page=1",
    "/integrations/new?q={evil}",
    "/integrations/{integration}/playground?alert={alert}",
    "/integrations/{integration}/routes/new",
    "/insights?team_id={team}",
    "/sign-in?next={evil}",
)
# Every parameter of a page's address that it reads.
PARAMETERS = {
    "/alert-groups": ("page", "state", "integration_id", "team_id", "route_id", "started_at", "label", "q"),
    "/integrations": ("page", "q", "type", "team_id"),
    "/integrations/new": ("q",),
    "/users": ("q", "role", "team_id"),
    "/schedules": ("q", "team_id", "page"),
    "/schedules/{id}": ("view", "from", "zone", "layers", "health"),
    "/schedules/new": ("type",),
    "/escalation-chains": ("q", "team_id", "page"),
    "/escalation-chains/{id}": ("at", "label", "payload", "horizon", "add", "edit"),
    "/webhooks/{id}": ("page",),
    "/insights": ("days", "team_id"),
    "/audit": ("actor", "table", "object_id", "from", "to", "page"),
    "/users/{id}": ("notice",),
    "/integrations/{id}/playground": ("alert", "saved"),
    "/sign-in": ("next",),
}
ODD = (
    EVIL,
    "9" * 5_000,
    "-1",
    "\u00b2",
    "\x00",
    "[",
    "\ufffd",
    "{'$ne': 1}",
    "%",
    "1e9",
    "0001-01-01",
    "9999-12-31",
)
FIELDS = {
    **dict.fromkeys(("name", "username", "email", "url", "title", "description", "comment", "text"), EVIL),
    **dict.fromkeys(
        ("password", "alert_group_id", "reason", "body", "payload", "template", "timezone"), EVIL
    ),
    **dict.fromkeys(
        ("address", "code", "channel", "kind", "type", "start", "end", "users", "time_zone"), EVIL
    ),
    **dict.fromkeys(
        ("position", "duration", "delay", "page", "place", "days", "before", "level", "every"), "9" * 5_000
    ),
    **dict.fromkeys(
        ("routing_regex", "routing_type", "data", "headers", "source", "next", "back", "theme"), EVIL
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ids(api: RunningApi) -> AsyncIterator[dict[str, str]]:
    await api.connected()
    yield await hostile_house(api)


async def a_reader(api: RunningApi) -> Browser:
    """Return a browser whose own name and software are hostile too."""
    user = await a_person(api, role="admin", name=EVIL)
    renamed = user.model_copy(update={"username": f"{SHORT}{user.id}"})
    await ConfigurationStore(api.store).change(lambda draft: draft.put(renamed), SYSTEM, clock.now())
    browser = Browser(api, headers={"User_Agent": EVIL})
    await browser.sign_in(token=await api.new_token(user_id=user.id))
    return browser


def without_reader(page: str) -> str:
    """Return the page without the head that names its reader: that alone proves nothing."""
    return page.partition('<main id="main"')[2] or page


def is_html(answer: Answer) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html") and bool(answer.text.strip())


async def test_every_page_shows_hostile_texts_as_text(api: RunningApi, ids: dict[str, str]):
    browser = await a_reader(api)
    found, unmarked, refused = {}, set(), {}
    for method, template in sorted(PAGE_ACCESS):
        if method != "GET" or template in STREAMS:
            continue
        page = await browser.get(address_of(template, ids))
        if page.status not in (200, 303):
            refused[template] = page.status
        if is_html(page):
            found[template] = hostile_parts(page.text)
            if not shows_mark(without_reader(page.text)):
                unmarked.add(template)

    assert {template: parts for template, parts in found.items() if parts} == {}
    assert refused == {}
    # The test would prove nothing on a page to which the texts do not come.
    assert unmarked <= WITHOUT


@pytest.mark.parametrize("view", VIEWS)
async def test_other_views_show_hostile_texts_as_text_too(api: RunningApi, ids: dict[str, str], view: str):
    names = {
        "chain": ids["escalation_chains"],
        "step": ids["escalation_policies"],
        "schedule": ids["schedules"],
        "calendar": ids["calendars"],
        "integration": ids["integrations"],
        "alert": ids["alerts"],
        "team": ids["teams"],
    }
    page = await (await a_reader(api)).get(view.format(evil=quote(EVIL), **names))
    assert page.status in (200, 400)
    assert hostile_parts(page.text) == []


async def test_whatever_stands_in_an_address_a_page_answers_and_gives_it_back_as_text(
    api: RunningApi, ids: dict[str, str]
):
    browser, found = await by_token(api, await a_person(api, role="admin")), {}
    for template, names in PARAMETERS.items():
        for name in names:
            for value in ODD:
                path = str(URL(address_of(template, ids)).with_query({name: value}))
                page = await browser.get(path)
                if page.status >= 500 or (is_html(page) and hostile_parts(page.text)):
                    found[template, name, value[:20]] = page.status
    assert found == {}


@pytest.mark.parametrize("medium", ["web", "slack", "telegram", "email", "sms", "phone_call", "mattermost"])
async def test_the_playground_shows_the_result_for_every_medium_as_text(
    api: RunningApi, ids: dict[str, str], medium: str
):
    browser = await by_token(api, await a_person(api, role="admin"))
    fields = {f"t.{medium}.{part}": MARKDOWN for part in ("title", "message")}
    fields |= {f"t.{medium}.image_url": LINK, "t.source_link": LINK, "source": "pasted"}
    fields["payload"] = json.dumps({"title": EVIL, "message": MARKDOWN, EVIL: EVIL})
    path = f"/integrations/{ids['integrations']}/playground"
    whole = await browser.post(path, fields)
    part = await browser.post(path, fields, HX_Request="true")
    compared = await browser.post(f"{path}/compare", fields)

    for page in (whole, part, compared):
        assert page.status in (200, 400), page.text
        assert hostile_parts(page.text) == []
    assert shows_mark(part.text)


async def test_a_link_that_acts_shows_the_group_as_text(api: RunningApi, ids: dict[str, str]):
    group = await groups(api).get(ids["alert_groups"])
    assert group is not None
    tickets = message_of(api, group, await a_person(api)).tickets
    page = await Browser(api).get(f"/act/{tickets['resolve']}")
    unknown = await Browser(api).get(f"/act/{EVIL}")

    # These two pages have their style in themselves, for mail programs' browsers; the policy lets them.
    found = [one for text in (page.text, unknown.text) for one in hostile_parts(text)]
    assert [one for one in found if not one.startswith("<style>")] == []
    assert shows_mark(page.text)


async def test_no_name_adds_lines_to_a_calendar_that_others_subscribe_to(api: RunningApi):
    """Names with line ends, as an import or a provider of identities could bring them."""
    name = f"x\r\nATTENDEE:mailto:evil@evil.example\r\nEND:VEVENT\n{SHORT};,\\"
    user = await a_person(api, role="admin")
    evil = user.model_copy(update={"username": name, "name": name})
    await ConfigurationStore(api.store).change(lambda draft: draft.put(evil), SYSTEM, clock.now())
    schedule = await api.post("schedules/", name=f"calendar {SHORT}", type="web")
    shift = await api.post(
        "on_call_shifts/",
        name=SHORT + "calendar",
        type="recurrent_event",
        start="2026-01-05T09:00:00",
        duration=3_600,
        frequency="daily",
        users=[user.id],
    )
    await api.put(f"schedules/{schedule['id']}", shifts=[shift["id"]])
    made = await api.ask(
        "POST",
        f"schedules/{schedule['id']}/export_token",
        {},
        headers={"Authorization": await api.new_token(user_id=user.id)},
    )
    shown = await api.ask("GET", made.body["export_url"].partition(PUBLIC)[2])

    assert shown.headers["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(shown.body).walk("VEVENT")
    assert events
    assert [one for one in events if "ATTENDEE" in one] == []
    assert all("evil@evil.example" in str(one["SUMMARY"]) for one in events)


async def test_the_feed_of_the_pages_carries_no_text_at_all(api: RunningApi, ids: dict[str, str]):
    """It names groups; whoever hears it asks for the rows, which are pages like any other."""
    browser = await by_token(api, await a_person(api))
    async with api.client.get(f"{api.url}/live/groups", headers={"Cookie": browser.cookie}) as feed:
        assert feed.status == 200
        await feed.content.readuntil(b": here\n\n")
        group = await a_firing_group(api)
        said = b""
        while b"data: " not in said:
            said = await feed.content.readuntil(b"\n\n")
    lines = [one for one in said.decode().splitlines() if one]
    assert lines[0] == "event: groups"
    told = json.loads(lines[1].removeprefix("data: "))
    assert set(told) == {"ids", "told", "more"}
    assert group.id in told["ids"]
    row = await browser.get(f"/alert-groups/{group.id}/row")
    assert hostile_parts(row.text) == []


async def test_a_refused_form_gives_back_what_was_typed_as_text_and_breaks_nothing(
    api: RunningApi, ids: dict[str, str]
):
    """Every form with a hostile text in each field; most are refused, and say what with."""
    browser = await by_token(api, await a_person(api, role="admin"))
    csrf, found = await browser.csrf(), {}
    forms = sorted(path for method, path in PAGE_ACCESS if method == "POST" and not path.endswith(REMOVING))
    for template in forms:
        for partial in ({}, {"HX_Request": "true"}):
            page = await browser.post(address_of(template, ids), FIELDS, csrf=csrf, **partial)
            if page.status >= 500 or (is_html(page) and hostile_parts(page.text)):
                found[template, bool(partial)] = (page.status, hostile_parts(page.text)[:3])
    assert found == {}
