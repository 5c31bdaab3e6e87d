"""People on the console: how each is reached, their rules and tests, and that everybody changes only what is his."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared import clock
from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.people import Role
from shared.store.configuration import ConfigurationStore
from shared.store.passwords import Passwords
from shared.store.sessions import Sessions
from tests.integration.api.acting_running import a_person, telling_api
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import PASSWORD, Answer, Browser, by_token, signed_in, with_password
from tests.support.one_service import until
from tests.support.smtp_double import SmtpDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
PUSHOVER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    servers: Servers, smtp: SmtpDouble, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApi]:
    async with telling_api(servers, tmp_path_factory.mktemp("people"), smtp) as running:
        yield running


async def somebody(api: RunningApi, role: Role = "viewer", **fields: object) -> tuple[User, Browser]:
    user = await a_person(api, role=role, **fields)
    return user, await by_token(api, user)


async def configured(api: RunningApi) -> ConfigSnapshot:
    return await ConfigurationStore(api.store).load()


async def eventually(browser: Browser, path: str, wanted: str) -> Answer:
    """Load a page until it says so."""
    async with asyncio.timeout(60):
        while wanted not in (answer := await browser.get(path)).text:
            await asyncio.sleep(0.1)
    return answer


def sentences(text: str) -> list[str]:
    return re.findall(r"<li><span>((?:Wait|Send)[^<]*)</span>", text)


async def test_the_list_says_how_everybody_is_reached_and_its_filters_stand_in_the_address(api: RunningApi):
    mark = uuid.uuid4().hex
    user, browser = await somebody(api, "viewer", name=f"<script>{mark}</script>", email="a@example.org")
    other, _ = await somebody(api, "editor")
    found = await browser.get(f"/users?q={mark}&role=viewer")
    nobody = await browser.get(f"/users?q={mark}&role=admin")
    unreached = await browser.get(f"/users?q={other.username}")

    assert f"&lt;script&gt;{mark}" in found.text
    assert f"<script>{mark}" not in found.text
    assert "reached by e-mail address" in found.text
    assert (user.username in found.text, other.username in found.text) == (True, False)
    assert f"/users/{user.id}" not in nobody.text
    assert "no way to be reached" in unreached.text
    assert "Add a user" not in found.text


async def test_an_admin_adds_changes_and_removes_somebody(api: RunningApi):
    _, browser = await somebody(api, "admin")
    name = uuid.uuid4().hex
    made = await browser.post("/users", {"username": name, "email": "x@example.org", "role": "editor"})
    again = await browser.post("/users", {"username": name})
    wrong = await browser.post(made.location, {"username": name, "phone_number": "12"})
    changed = await browser.post(made.location, {"username": name, "role": "admin", "name": "Ann"})
    user = (await configured(api)).user_by_id[made.location.removeprefix("/users/")]
    await with_password(api, user)
    theirs = await by_token(api, user)

    assert (made.status, again.status, wrong.status, changed.status) == (303, 400, 400, 303)
    assert "username: Another user has this name." in again.text
    assert "phone_number: " in wrong.text
    assert (user.role, user.name, user.email) == ("admin", "Ann", "x@example.org")
    removed = await browser.post(f"{made.location}/remove")
    assert (removed.status, removed.location) == (303, "/users")
    assert (await browser.get(made.location)).status == 404
    assert (await theirs.get("/users")).status == 303
    assert await Passwords(api.store).hash_of(user.id) is None


async def test_a_contact_point_counts_with_the_code_that_came_and_a_test_says_what_became_of_it(
    api: RunningApi, smtp: SmtpDouble
):
    user, browser = await somebody(api)
    page, address = f"/users/{user.id}", f"{uuid.uuid4().hex}@example.org"
    added = await browser.post(f"{page}/contact-points", {"kind": "email", "address": address})
    await until(lambda: [one for one in smtp.mails if one.recipient == address])
    code = re.search(r"\b(\d{6})\b", smtp.mails[-1].message.get_content())
    (point,) = (await configured(api)).user_by_id[user.id].contact_points
    waiting = await browser.get("/users/current")
    wrong = await browser.post(f"{page}/contact-points/{point.id}/verify", {"code": "1"})
    assert code is not None
    right = await browser.post(f"{page}/contact-points/{point.id}/verify", {"code": code[1]})
    trial = await browser.post(f"{page}/test", {"channel": "email"})
    outcome = await eventually(browser, trial.location, "The message by email: <strong>sent</strong>")

    assert (added.status, right.status, trial.status) == (303, 303, 303)
    assert "not verified: nobody is paged there yet" in waiting.text
    assert (wrong.status, "code: This is not the code" in wrong.text) == (400, True)
    assert "Send me a test" in outcome.text
    assert [one.message["Subject"] for one in smtp.mails if one.recipient == address][-1].startswith("Tocsin")
    removed = await browser.post(f"{page}/contact-points/{point.id}/remove")
    assert removed.status == 303
    assert (await configured(api)).user_by_id[user.id].contact_points == ()


async def test_of_a_secret_address_only_its_end_is_shown_and_a_wrong_one_is_named(api: RunningApi):
    user, browser = await somebody(api, "admin")
    page = f"/users/{user.id}"
    added = await browser.post(f"{page}/contact-points", {"kind": "pushover", "address": PUSHOVER})
    wrong = await browser.post(f"{page}/contact-points", {"kind": "phone", "address": "<b>12"})
    bogus = await browser.post(f"{page}/contact-points", {"kind": "pigeon", "address": "1"})
    shown = await browser.get(page)

    assert (added.status, wrong.status, bogus.status) == (303, 400, 400)
    assert "address: Must be a telephone number" in wrong.text
    assert PUSHOVER not in shown.text
    assert f"…{PUSHOVER[-3:]}" in shown.text
    assert "shown once" in (await browser.post(f"{page}/contact-points", {"kind": "telegram"})).text


async def test_rules_are_read_as_sentences_and_kept_in_order(api: RunningApi):
    user, browser = await somebody(api, email="a@example.org")
    page = f"/users/{user.id}"
    wait = {"type": "wait", "minutes": "15"}
    mail = [("type", "notify_by_email"), ("from_time", "08:00"), ("to_time", "18:00")]
    mail += [("time_zone", "Europe/Berlin"), ("weekday", "MO"), ("weekday", "TU")]
    await browser.post(f"{page}/rules", wait)
    await browser.post(f"{page}/rules", mail)
    await browser.post(f"{page}/rules", {"type": "notify_by_sms", "important": "yes"})
    refused = await browser.post(f"{page}/rules", {"type": "wait", "minutes": "x"})
    bogus = await browser.post(f"{page}/rules", {"type": "notify_by_pigeon"})
    hours = "Send an e-mail, but only between 08:00 and 18:00 (Europe/Berlin) on Mon, Tue"
    first = await browser.get(page)
    assert sentences(first.text) == ["Wait 15 minutes", hours, "Send an SMS"]
    assert "reaches nobody" in first.text
    assert (refused.status, "minutes: Must be a whole number" in refused.text) == (400, True)
    assert (bogus.status, "type: Must be wait or" in bogus.text) == (400, True)

    last = (await configured(api)).rules_of[(user.id, False)][1]
    for _ in range(2):
        await browser.post(f"{page}/rules/{last.id}/move", {"to": "up"})
    assert sentences((await browser.get(page)).text) == [hours, "Wait 15 minutes", "Send an SMS"]
    await browser.post(f"{page}/rules/{last.id}", {"type": "wait", "minutes": "1"})
    assert sentences((await browser.get(page)).text) == ["Wait 1 minute", "Wait 15 minutes", "Send an SMS"]
    await browser.post(f"{page}/rules/{last.id}/remove")
    assert sentences((await browser.get(page)).text) == ["Wait 15 minutes", "Send an SMS"]


async def test_a_rule_that_reaches_somebody_is_tried_beside_it(api: RunningApi, smtp: SmtpDouble):
    address = f"{uuid.uuid4().hex}@example.org"
    user, browser = await somebody(api, email=address)
    page = f"/users/{user.id}"
    for rule in ({"type": "notify_by_email"}, {"type": "notify_by_sms"}, {"type": "wait", "minutes": "1"}):
        await browser.post(f"{page}/rules", rule)
    shown = (await browser.get(page)).text
    trial = await browser.post(f"{page}/test", {"channel": "email"})
    await eventually(browser, trial.location, "The message by email: <strong>sent</strong>")

    assert re.findall(r'name="channel" value="(\w+)" aria-label="Send (?:me )?a test', shown) == ["email"]
    assert [one for one in smtp.mails if one.recipient == address]


async def test_everybody_changes_only_what_is_his_and_admins_everybodys(api: RunningApi):
    user, own = await somebody(api, "editor", email="a@example.org")
    await own.post(f"/users/{user.id}/contact-points", {"kind": "phone", "address": "+4930123456"})
    await own.post(f"/users/{user.id}/rules", {"type": "wait", "minutes": "5"})
    before = (await configured(api)).user_by_id[user.id]
    (rule,) = (await configured(api)).rules_of[(user.id, False)]
    point = f"contact-points/{before.contact_points[0].id}"
    _, other = await somebody(api, "editor")
    forms = {
        "": {"username": "x"},
        "remove": {},
        "time-zone": {"timezone": "Asia/Tokyo"},
        "reminders": {},
        "test": {"channel": "email"},
        "password": {"new_password": "long enough 1", "repeated": "x"},
        "password/remove": {},
        "password-link": {},
        "password-link/remove": {},
        "sessions/end": {"all": "yes"},
        "contact-points": {"kind": "email", "address": "b@example.org"},
        f"{point}/code": {},
        f"{point}/verify": {"code": "000000"},
        f"{point}/remove": {},
        "rules": {"type": "wait", "minutes": "1"},
        f"rules/{rule.id}": {"type": "wait", "minutes": "1"},
        f"rules/{rule.id}/move": {"to": "up"},
        f"rules/{rule.id}/remove": {},
    }
    answers = {
        path: (await other.post(f"/users/{user.id}/{path}".rstrip("/"), fields)).status
        for path, fields in forms.items()
    }
    seen = await other.get(f"/users/{user.id}")

    assert answers == dict.fromkeys(forms, 403)
    assert f"/users/{user.id}/rules" not in seen.text
    assert "Sessions" not in seen.text
    assert (await configured(api)).user_by_id[user.id] == before
    assert (await own.get("/users/current")).status == 200
    _, admin = await somebody(api, "admin")
    foreign = await admin.post(f"/users/{user.id}/rules/{rule.id}", {"type": "wait", "minutes": "7"})
    assert foreign.status == 303
    assert "Wait 7 minutes" in (await own.get("/users/current")).text
    mixed = await own.post(f"/users/current/rules/{rule.id}/remove")
    assert (mixed.status, (await own.post("/users/current/rules/none/remove")).status) == (303, 404)


async def test_a_new_password_needs_the_present_one_and_ends_the_other_sessions(api: RunningApi):
    user = await with_password(api, await a_person(api, role="viewer"))
    browser = await signed_in(api, user)
    other = await signed_in(api, user)
    new = "a much longer secret"
    form = {"password": PASSWORD, "new_password": new, "repeated": new}
    refused = [
        await browser.post("/users/current/password", {**form, **wrong})
        for wrong in ({"password": "no"}, {"repeated": "no"}, {"new_password": "short", "repeated": "short"})
    ]
    assert [one.status for one in refused] == [400, 400, 400]
    assert [re.findall(r'role="alert">(\w+):', one.text) for one in refused] == [
        ["password"],
        ["repeated"],
        ["new_password"],
    ]
    assert (await other.get("/users/current")).status == 200

    done = await browser.post("/users/current/password", form)
    assert done.status == 303
    assert (await browser.get("/users/current")).status == 200
    assert (await other.get("/users/current")).status == 303
    assert (await Browser(api).sign_in(username=user.username, password=PASSWORD)).status == 401
    assert (await Browser(api).sign_in(username=user.username, password=new)).status == 303
    (entry,) = await api.store.collection("configuration_audit").find(
        {"table": "passwords", "object_id": user.id}
    )
    assert (entry["actor"]["name"], entry["after"]["password"]) == (user.username, "(secret)")


async def test_sessions_are_listed_and_ended_one_or_all(api: RunningApi):
    user = await with_password(api, await a_person(api, role="viewer"))
    browser = await signed_in(api, user)
    lost, third = await signed_in(api, user), await signed_in(api, user)
    ids = [one.id for one in await Sessions(api.store).of_user(user.id, clock.now())]
    page = await browser.get("/users/current")
    assert all(one in page.text for one in ids[:2])
    assert page.text.count("this one") == 1

    await browser.post("/users/current/sessions/end", {"session": ids[1]})
    assert [(await one.get("/users")).status for one in (browser, lost, third)] == [200, 303, 200]
    await browser.post("/users/current/sessions/end", {"all": "yes"})
    assert [(await one.get("/users")).status for one in (browser, third)] == [200, 303]
    _, admin = await somebody(api, "admin")
    await admin.post(f"/users/{user.id}/sessions/end", {"all": "yes"})
    assert (await browser.get("/users")).status == 303


async def test_the_time_zone_reminders_and_the_look_are_chosen(api: RunningApi):
    user, browser = await somebody(api, email="a@example.org")
    wrong = await browser.post("/users/current/time-zone", {"timezone": "Mars/Olympus"})
    unreached = await browser.post("/users/current/reminders", {"before": "900", "channel": "sms"})
    reminders = [("before", "900"), ("before", "3600"), ("channel", "email")]
    reminded = await browser.post("/users/current/reminders", reminders)
    zone = await browser.post("/users/current/time-zone", {"timezone": "Asia/Tokyo"})
    session = browser.cookie
    bogus = await browser.post("/theme", {"theme": "pink"})
    theme = await browser.post("/theme", {"theme": "dark", "back": "//evil.example"})
    browser.cookie = f"{session}; {browser.cookie}"
    page = await browser.get("/users/current")

    assert (wrong.status, "timezone: " in wrong.text) == (400, True)
    assert (unreached.status, "channel: " in unreached.text, reminded.status) == (400, True, 303)
    assert (await configured(api)).user_by_id[user.id].on_call_reminders.before == (900, 3600)
    assert (zone.status, bogus.status, theme.status, theme.location) == (303, 400, 303, "/")
    assert (await configured(api)).user_by_id[user.id].timezone == "Asia/Tokyo"
    assert 'data-theme="dark"' in page.text


async def test_a_token_that_is_nobodys_has_no_page_of_its_own(api: RunningApi):
    browser = Browser(api)
    await browser.sign_in(token=await api.new_token())
    assert (await browser.get("/users/current")).status == 404
    assert (await browser.get("/users")).status == 200
