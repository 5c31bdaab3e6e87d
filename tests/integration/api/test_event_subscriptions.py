"""Event subscriptions: the journal is posted in order and nothing is skipped, whatever the other side answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.api.subscription_measures import SubscriptionMeasures
from shared import clock
from shared.domain.event_posting import BATCH, SINGLE
from shared.events import NoticeRequested
from shared.metrics import Metrics
from shared.store.configuration import ConfigurationStore
from shared.store.event_positions import EventPositions
from shared.store.journal import Journal, Page
from tests.integration.api.api_running import RunningApi, an_api
from tests.support.event_receiver import EventReceiver, an_event
from tests.support.one_service import until

pytestmark = pytest.mark.integration
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEEP = timedelta(days=1)
TOO_OLD = "82FF" * 20


@pytest.fixture
async def open_api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api whose subscriptions may be at private addresses."""
    async with an_api(mongo_url, tmp_path, allow_private_addresses=True) as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[EventReceiver]:
    async with EventReceiver() as running:
        yield running


async def committed(api: RunningApi, *events: Any) -> None:
    """Write a page of the journal as the recorder does."""
    now = clock.now()
    await Journal(api.store).add([Page(list(events), [], ["I1"], now, now + KEEP)])


async def subscribed(api: RunningApi, url: str, **fields: Any) -> str:
    """Make a subscription and return its path."""
    made = await api.post("event_subscriptions", **{"name": url, "url": url, **fields})
    return f"event_subscriptions/{made['id']}"


async def status_of(api: RunningApi, path: str) -> Any:
    return (await api.get(path))["status"]


async def reached(api: RunningApi, path: str, state: str) -> Any:
    """Wait until a subscription is in a state; return its status."""

    async def found() -> Any:
        status = await status_of(api, path)
        return status if status["state"] == state else None

    return await until(found)


async def moved(api: RunningApi, path: str, position: str) -> Any:
    reply = await api.ask("POST", f"{path}/position", {"position": position})
    assert reply.status == 200, reply
    return reply.body


async def test_events_come_in_order_signed_once_and_only_those_from_the_subscription_on(
    open_api: RunningApi, receiver: EventReceiver
):
    receiver.secret = SECRET
    await committed(open_api, an_event("before"))
    path = await subscribed(open_api, f"{receiver.url}/bot", signing_secret=SECRET, batch_size=3)
    names = [f"e{number}" for number in range(25)]
    for first in range(0, 25, 5):
        await committed(open_api, *(an_event(one) for one in names[first : first + 5]))

    await until(lambda: len(receiver.taken("/bot")) >= len(names))
    status = await reached(open_api, path, "following")

    assert receiver.taken("/bot") == names
    assert receiver.faults == []
    assert {one.headers["content-type"] for one in receiver.posts} == {BATCH}
    assert max(len(one.events) for one in receiver.posts) <= 3
    assert (status["events_posted"], status["lag_s"], status["last_status"]) == (25, 0, 200)


async def test_a_subscription_of_single_events_posts_each_under_its_own_id(
    open_api: RunningApi, receiver: EventReceiver
):
    await subscribed(open_api, f"{receiver.url}/bot", batch_size=1)
    await committed(open_api, an_event("e1"), an_event("e2"))

    await until(lambda: len(receiver.taken("/bot")) >= 2)

    assert [one.id for one in receiver.posts] == ["e1", "e2"]
    assert {one.headers["content-type"] for one in receiver.posts} == {SINGLE}


async def test_only_what_is_asked_for_is_posted_and_what_is_for_one_person_never(
    open_api: RunningApi, receiver: EventReceiver
):
    integration = await open_api.post("integrations/", type="webhook", name="prod")
    mine = integration["id"]
    asked = {"types": ["group.resolved", "notification"], "integration_ids": [mine]}
    await subscribed(open_api, f"{receiver.url}/some", **asked)
    await subscribed(open_api, f"{receiver.url}/all")
    await committed(
        open_api,
        an_event("opened", integration_id=mine),
        an_event("private", NoticeRequested.type, integration_id=mine),
        an_event("other", "group.resolved.v1"),
        an_event("resolved", "group.resolved.v1", integration_id=mine),
        an_event("page", "notification.failed.v1", integration_id=mine),
    )

    await until(lambda: len(receiver.taken("/some")) >= 2 and len(receiver.taken("/all")) >= 4)

    assert receiver.taken("/some") == ["resolved", "page"]
    assert receiver.taken("/all") == ["opened", "other", "resolved", "page"]


async def test_what_is_not_taken_is_sent_again_as_the_same_request_and_nothing_is_skipped(
    open_api: RunningApi, receiver: EventReceiver
):
    receiver.replies["/bot"] = [500, (302, {"Location": "/elsewhere"})]
    await subscribed(open_api, f"{receiver.url}/bot")
    await committed(open_api, an_event("e1"), an_event("e2"))
    await until(lambda: receiver.at("/bot"))
    await committed(open_api, an_event("e3"))

    await until(lambda: len(receiver.taken("/bot")) >= 3)

    assert receiver.taken("/bot") == ["e1", "e2", "e3"]
    assert receiver.at("/elsewhere") == []
    assert len({one.id for one in receiver.at("/bot")[:3]}) == 1


async def test_the_other_side_says_how_long_to_wait_and_people_see_it(
    open_api: RunningApi, receiver: EventReceiver
):
    receiver.replies["/bot"] = [(503, {"Retry-After": "3600"})]
    path = await subscribed(open_api, f"{receiver.url}/bot")
    began = clock.now()
    await committed(open_api, an_event("e1"))

    status = await reached(open_api, path, "failing")

    assert status["next_try_at"] > (began + timedelta(seconds=3599)).strftime("%Y-%m-%dT%H:%M:%S")
    assert (status["last_status"], status["last_error"]) == (503, "answered 503: <b>no</b>")
    assert status["lag_s"] > 0
    await open_api.put(path, batch_size=5)
    await until(lambda: receiver.taken("/bot") == ["e1"])


async def test_an_endpoint_that_does_not_answer_holds_nobody_else_up(
    open_api: RunningApi, receiver: EventReceiver
):
    receiver.held.add("/dead")
    await subscribed(open_api, f"{receiver.url}/dead")
    await subscribed(open_api, f"{receiver.url}/bot")
    await committed(open_api, an_event("e1"))
    await until(lambda: receiver.came.get("/dead"))
    await committed(open_api, an_event("e2"))

    await until(lambda: receiver.taken("/bot") == ["e1", "e2"])

    assert receiver.at("/dead") == []


async def test_410_switches_it_off_and_switched_on_again_it_goes_on_where_it_was(
    open_api: RunningApi, receiver: EventReceiver
):
    receiver.replies["/bot"] = [410]
    path = await subscribed(open_api, f"{receiver.url}/bot")
    await committed(open_api, an_event("e1"))
    await reached(open_api, path, "gone")
    await committed(open_api, an_event("e2"))

    assert (await open_api.get(path))["is_enabled"] is False
    assert (await open_api.put(path, is_enabled=True))["status"]["state"] != "gone"
    await until(lambda: receiver.taken("/bot") == ["e1", "e2"])


async def test_private_addresses_are_refused_and_it_is_said(api: RunningApi, receiver: EventReceiver):
    path = await subscribed(api, f"{receiver.url}/bot")
    await committed(api, an_event("e1"))

    status = await reached(api, path, "failing")
    trial = await api.ask("POST", f"{path}/test")

    assert "private" in status["last_error"]
    assert (trial.status, trial.body["is_taken"], trial.body["status_code"]) == (200, False, None)
    assert "private" in trial.body["answer"]
    assert receiver.came == {}


async def test_a_test_event_is_answered_at_once_and_moves_nothing(
    open_api: RunningApi, receiver: EventReceiver
):
    receiver.secret = SECRET
    receiver.replies["/bot"] = [200, 400]
    path = await subscribed(open_api, f"{receiver.url}/bot", signing_secret=SECRET, is_enabled=False)
    before = (await status_of(open_api, path))["position"]

    taken, refused = [(await open_api.ask("POST", f"{path}/test")).body for _ in range(2)]

    assert (taken["is_taken"], taken["status_code"]) == (True, 200)
    assert (refused["is_taken"], refused["answer"]) == (False, "answered 400: <b>no</b>")
    assert receiver.faults == []
    assert (await status_of(open_api, path))["position"] == before


async def test_a_position_that_is_lost_is_told_plainly_and_another_can_be_given(
    open_api: RunningApi, receiver: EventReceiver
):
    path = await subscribed(open_api, f"{receiver.url}/bot", start=TOO_OLD)
    status = await reached(open_api, path, "lost")
    assert ("timelines" in status["last_error"], status["lag_s"]) == (True, None)

    refused = await open_api.refused("POST", f"{path}/position", {"position": TOO_OLD})
    assert "does not reach back" in refused["position"][0]
    for text in ("", "x", "$ne"):
        assert list(await open_api.refused("POST", f"{path}/position", {"position": text})) == ["position"]
    await moved(open_api, path, "now")
    await committed(open_api, an_event("e1"))

    await until(lambda: receiver.taken("/bot") == ["e1"])
    assert (await reached(open_api, path, "following"))["last_error"] is None


async def test_pages_that_expired_before_they_were_read_are_counted(
    open_api: RunningApi, receiver: EventReceiver
):
    path = await subscribed(open_api, f"{receiver.url}/bot", is_enabled=False)
    await committed(open_api, an_event("gone"))
    await Journal(open_api.store).collection.delete_many({})
    await committed(open_api, an_event("e1"))
    await open_api.put(path, is_enabled=True)

    await until(lambda: receiver.taken("/bot") == ["e1"])

    assert (await reached(open_api, path, "following"))["pages_expired"] == 1


async def test_it_can_begin_at_the_beginning_and_go_back_to_it(open_api: RunningApi, receiver: EventReceiver):
    for number in range(3):
        await committed(open_api, an_event(f"a{number}"), an_event(f"b{number}"))
    everything = ["a0", "b0", "a1", "b1", "a2", "b2"]
    path = await subscribed(open_api, f"{receiver.url}/bot", start="beginning", batch_size=1)
    await until(lambda: len(receiver.taken("/bot")) >= 6)
    assert receiver.taken("/bot") == everything

    here = (await reached(open_api, path, "following"))["position"]
    await moved(open_api, path, "beginning")
    await until(lambda: len(receiver.taken("/bot")) >= 12)
    await moved(open_api, path, here)
    await committed(open_api, an_event("last"))
    await until(lambda: "last" in receiver.taken("/bot"))

    assert receiver.taken("/bot") == [*everything, *everything, "last"]


async def is_forgotten(api: RunningApi, path: str) -> bool:
    """Whether whoever posts knows by now that the subscription is gone."""
    return not await EventPositions(api.store).of([path.strip("/").rpartition("/")[2]])


async def test_switched_off_it_is_told_nothing_and_later_everything(
    open_api: RunningApi, receiver: EventReceiver
):
    path = await subscribed(open_api, f"{receiver.url}/bot")
    other = await subscribed(open_api, f"{receiver.url}/other")
    await open_api.put(path, is_enabled=False)
    await committed(open_api, an_event("e1"))
    await until(lambda: receiver.taken("/other") == ["e1"])
    assert (receiver.at("/bot"), (await status_of(open_api, path))["state"]) == ([], "disabled")

    await open_api.put(path, is_enabled=True)
    await until(lambda: receiver.taken("/bot") == ["e1"])
    await open_api.delete(other)
    await until(lambda: is_forgotten(open_api, other))
    await committed(open_api, an_event("e2"))
    await until(lambda: receiver.taken("/bot") == ["e1", "e2"])
    assert receiver.taken("/other") == ["e1"]


async def test_two_instances_share_the_work_and_double_nothing(
    open_api: RunningApi, receiver: EventReceiver, mongo_url: str, tmp_path: Path
):
    async with an_api(mongo_url, tmp_path / "second", token=open_api.token, allow_private_addresses=True):
        paths = [f"/bot{number}" for number in range(4)]
        for one in paths:
            await subscribed(open_api, f"{receiver.url}{one}", batch_size=2)
        names = [f"e{number}" for number in range(30)]
        for one in names:
            await committed(open_api, an_event(one))
        await until(lambda: all(len(receiver.taken(one)) >= len(names) for one in paths))

    assert {one: receiver.taken(one) for one in paths} == dict.fromkeys(paths, names)


async def test_who_may_not_configure_sees_the_host_alone_and_nobody_the_secret(open_api: RunningApi):
    url = "https://bot.example.org/hooks/t0ken?key=s3cret"
    path = await subscribed(open_api, url, signing_secret=SECRET, is_enabled=False)
    viewer = await open_api.post("users/", username="eve", role="viewer")
    headers = {"Authorization": await open_api.new_token(user_id=viewer["id"])}

    seen = (await open_api.ask("GET", path, headers=headers)).body

    assert seen["url"] == "https://bot.example.org/…"
    assert (await open_api.get(path))["url"] == url
    assert set(seen["signing_secret"]) == {"*"}
    for method, what in (("PUT", path), ("POST", f"{path}/test"), ("POST", f"{path}/position")):
        assert (await open_api.ask(method, what, {}, headers=headers)).status == 403


async def test_mistakes_name_their_field(open_api: RunningApi):
    good = {"name": "bot", "url": "https://bot.example.org"}
    await open_api.post("event_subscriptions", **good)
    wrong: dict[str, Any] = {
        "name": "bot",
        "url": "ftp://bot.example.org",
        "types": ["party"],
        "integration_ids": ["CNONE"],
        "start": "yesterday",
        "batch_size": 0,
        "signing_secret": "hunter2",
        "team_id": "TNONE",
    }
    for field, value in wrong.items():
        body = {**good, "name": "another", field: value}
        assert list(await open_api.refused("POST", "event_subscriptions", body)) == [field]
    for url in ("https://", "bot.example.org", "https://a b", "http://x:99999/", "javascript:alert(1)"):
        body = {"name": "another", "url": url}
        assert list(await open_api.refused("POST", "event_subscriptions", body)) == ["url"]


async def test_moving_a_position_is_in_the_audit(open_api: RunningApi):
    path = await subscribed(open_api, "https://bot.example.org", is_enabled=False)
    id = path.rpartition("/")[2]
    await moved(open_api, path, "beginning")

    entries = await open_api.store.collection("configuration_audit").find({"table": "event_positions"})

    assert [(one["object_id"], one["after"]) for one in entries] == [(id, {"position": "beginning"})]


async def test_metrics_tell_which_subscription_is_behind_or_lost_and_forget_what_is_switched_off(
    open_api: RunningApi, receiver: EventReceiver
):
    behind = await subscribed(open_api, f"{receiver.url}/bot")
    lost = await subscribed(open_api, f"{receiver.url}/lost", start=TOO_OLD)
    off = await subscribed(open_api, f"{receiver.url}/off", is_enabled=False)
    receiver.replies["/bot"] = [(503, {"Retry-After": "3600"})]
    await committed(open_api, an_event("e1"))
    await reached(open_api, behind, "failing")
    await reached(open_api, lost, "lost")
    registry = CollectorRegistry()
    store = open_api.store
    measures = SubscriptionMeasures(
        ConfigurationStore(store), EventPositions(store), Metrics(registry, "api")
    )
    await measures.look()

    def measured(metric: str) -> list[float | None]:
        ids = [one.rpartition("/")[2] for one in (behind, lost, off)]
        return [registry.get_sample_value(metric, {"subscription": id}) for id in ids]

    lags = measured("tocsin_event_subscription_lag_seconds")
    assert (lags[0] > 0, lags[1:]) == (True, [0, None])
    assert measured("tocsin_event_subscription_lost") == [0, 1, None]

    await open_api.put(behind, is_enabled=False)
    await measures.look()
    assert measured("tocsin_event_subscription_lag_seconds") == [None, 0, None]
