"""Event subscriptions on the console: made, switched, moved, tried, removed; what nobody may see is not shown."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from shared.domain.event_subscription import EventSubscription
from shared.domain.people import Role
from shared.store.configuration import ConfigurationStore
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, by_token

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
PATH = "/event-subscriptions"


async def somebody(api: RunningApi, role: Role) -> Browser:
    return await by_token(api, await a_person(api, role=role))


def a_form(**fields: Any) -> dict[str, Any]:
    # Nobody listens there.
    url = "http://127.0.0.1:9/hooks/t0ken?key=hidden"
    return {"name": uuid.uuid4().hex, "url": url, "types": "group, notification", "batch_size": "7", **fields}


async def a_subscription(browser: Browser, **fields: Any) -> str:
    """Return the path of the page of a new subscription, which is switched off."""
    made = await browser.post(PATH, a_form(**fields))
    assert made.status == 303, made
    return made.location


async def stored(api: RunningApi, path: str) -> EventSubscription:
    tables = await ConfigurationStore(api.store).tables()
    return tables.of(EventSubscription)[path.rpartition("/")[2]]


async def test_one_is_made_changed_switched_and_removed(api: RunningApi):
    admin = await somebody(api, "admin")
    path = await a_subscription(admin, start="beginning")
    made = await stored(api, path)
    assert (made.types, made.batch_size, made.start) == (("group", "notification"), 7, "beginning")
    assert made.is_enabled is False

    await admin.post(path, a_form(name=made.name, types="", batch_size="9"))
    await admin.post(f"{path}/switch", {"on": "yes"})
    changed = await stored(api, path)
    assert (changed.types, changed.batch_size, changed.start) == ((), 9, "beginning")
    assert changed.is_enabled is True

    await admin.post(f"{path}/switch", {"on": "no"})
    assert (await stored(api, path)).is_enabled is False
    assert path in (await admin.get(PATH)).text
    assert (await admin.post(f"{path}/remove")).location == PATH
    assert (await admin.get(path)).status == 404


async def test_its_page_says_how_far_it_is_and_moves_it(api: RunningApi):
    admin = await somebody(api, "admin")
    path = await a_subscription(admin, start="beginning")
    assert '<code class="secret">beginning</code>' in (await admin.get(path)).text

    assert (await admin.post(f"{path}/position", {"position": "now"})).location == path
    wrong = await admin.post(f"{path}/position", {"position": "<i>yesterday"})

    assert (wrong.status, "position: Must be now" in wrong.text) == (400, True)
    assert "<i>yesterday" not in wrong.text
    assert re.search(r'class="secret">[0-9A-F]{16,}<', (await admin.get(path)).text)
    assert "switched off" in (await admin.get(PATH)).text


async def test_a_test_event_says_what_was_answered(api: RunningApi):
    admin = await somebody(api, "admin")
    path = await a_subscription(admin)

    tried = await admin.post(f"{path}/test")

    assert (tried.status, "The test event was not taken" in tried.text) == (200, True)


async def test_a_refused_form_keeps_what_was_typed_and_names_the_field(api: RunningApi):
    admin = await somebody(api, "admin")
    path = await a_subscription(admin)

    new = await admin.post(PATH, a_form(types="party <b>"))
    changed = await admin.post(path, a_form(batch_size="many"))

    assert (new.status, "types: There is no event party" in new.text) == (400, True)
    assert "party &lt;b&gt;</textarea>" in new.text
    assert (changed.status, "batch_size: Must be from 1" in changed.text) == (400, True)


async def test_secrets_are_shown_once_and_urls_to_admins_alone(api: RunningApi):
    admin, viewer = await somebody(api, "admin"), await somebody(api, "viewer")
    path = await a_subscription(admin, name=f"<b>{uuid.uuid4().hex}")
    shown = await admin.post(f"{path}/secret")
    found = re.search(r'class="secret">(whsec_[^<]+)<', shown.text)
    assert found is not None

    for page in (await admin.get(path), await viewer.get(path), await viewer.get(PATH)):
        assert page.status == 200
        assert found[1] not in page.text
        assert "<b>" not in page.text
    for page in (await viewer.get(path), await viewer.get(PATH)):
        assert not [one for one in ("t0ken", "hidden") if one in page.text]
    assert "Requests are signed" in (await admin.get(path)).text
    for form in ("", "/switch", "/remove", "/position", "/test", "/secret"):
        assert (await viewer.post(path + form, a_form())).status == 403
