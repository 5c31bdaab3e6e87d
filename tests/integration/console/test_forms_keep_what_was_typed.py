"""Whatever goes wrong with a form, what somebody typed stands on the page that answers; secrets do not."""

from __future__ import annotations

import uuid

import pytest
from multidict import MultiDict

from services.api.console.sent_forms import typed
from tests.integration.api.acting_running import a_firing_group, a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, by_token

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
LONG = "<b>a text that took\nten minutes to write"


async def an_admin(api: RunningApi) -> Browser:
    return await by_token(api, await a_person(api, role="admin"))


async def test_what_was_typed_is_kept_without_secrets_and_without_what_pages_put_there():
    form = MultiDict([("csrf", "x"), ("name", "a"), ("name", "b"), ("note", " "), ("new_password", "p")])
    form.extend([("bearer_token", "t"), ("hmac_secret", "s"), ("authorization_header", "h"), ("seen", "1")])
    assert typed(form) == [("name", "a"), ("name", "b")]


async def test_a_form_that_is_out_of_date_or_not_allowed_leaves_its_text_to_be_copied(api: RunningApi):
    admin, viewer = await an_admin(api), await by_token(api, await a_person(api, role="viewer"))
    group = await a_firing_group(api)
    notes = f"/alert-groups/{group.id}/notes"
    old = await admin.post(notes, {"text": LONG, "password": "s3cret"}, csrf="of another session")
    forbidden = await viewer.post(notes, {"text": LONG})
    far_too_long = await admin.post(notes, {"text": LONG * 200})

    assert [one.status for one in (old, forbidden, far_too_long)] == [403, 403, 400]
    for answer in (old, forbidden, far_too_long):
        assert "&lt;b&gt;a text that took\nten minutes to write" in answer.text
        assert "<b>a text" not in answer.text
    assert "s3cret" not in old.text


async def test_a_team_that_is_refused_is_shown_as_it_was_sent(api: RunningApi):
    browser, taken = await an_admin(api), await api.post("teams/", name=uuid.uuid4().hex)
    other, person = await api.post("teams/", name=uuid.uuid4().hex), await a_person(api)
    fields = {"name": taken["name"], "email": "typed@example.org", "member": person.id}
    for path in ("/teams", f"/teams/{other['id']}"):
        answer = await browser.post(path, fields)
        assert answer.status == 400
        assert answer.text.count('value="typed@example.org"') == 1
        assert answer.text.count(f'value="{person.id}" checked') == 1


async def test_the_forms_of_a_person_come_back_as_they_were_sent(api: RunningApi):
    browser, person = await an_admin(api), await a_person(api, email="stored@example.org")
    page = f"/users/{person.id}"
    profile = {"username": person.username, "name": "Typed Name", "email": "no address", "role": "admin"}
    rule = {"type": "notify_by_sms", "from_time": "08:15", "to_time": "08:15x", "weekday": "TU"}
    answers = [
        await browser.post(page, {**profile, "phone_number": "12"}),
        await browser.post(f"{page}/contact-points", {"kind": "phone", "address": "typed 12"}),
        await browser.post(f"{page}/rules", {**rule, "important": "yes"}),
        await browser.post(f"{page}/time-zone", {"timezone": "Mars/Olympus"}),
    ]

    assert [one.status for one in answers] == [400] * 4
    assert all(
        words in answers[0].text for words in ('value="Typed Name"', 'value="no address"', 'value="12"')
    )
    assert all(words in answers[1].text for words in ('value="typed 12"', 'value="phone" selected'))
    assert answers[2].text.count('value="08:15"') == 1
    assert 'value="TU" checked' in answers[2].text
    assert 'value="Mars/Olympus"' in answers[3].text
    assert 'value="stored@example.org"' in answers[3].text


async def test_a_chains_new_name_and_a_copys_come_back_as_they_were_sent(api: RunningApi):
    browser, taken = await an_admin(api), await api.post("escalation_chains/", name=uuid.uuid4().hex)
    other = await api.post("escalation_chains/", name=uuid.uuid4().hex)
    page = f"/escalation-chains/{other['id']}"
    for path in (page, f"{page}/copy"):
        answer = await browser.post(path, {"name": taken["name"]})
        assert (answer.status, answer.text.count(f'value="{taken["name"]}"')) == (400, 1)


async def test_templates_stay_when_the_alert_that_they_were_tried_on_is_gone(api: RunningApi):
    browser = await an_admin(api)
    made = await api.post("integrations/", type="webhook", name=uuid.uuid4().hex)
    page = f"/integrations/{made['id']}/playground"
    fields = {"source": "alert:gone", "payload": '{"a": 1}', "t.slack.title": "typed {{ payload.a }}"}
    tried = await browser.post(page, fields)

    assert "There is no such alert of this integration." in tried.text
    assert "&#34;a&#34;: 1" in tried.text
    assert "typed {{ payload.a }}" in tried.text
