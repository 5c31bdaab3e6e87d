"""The stream of events: everything in the order in which it was committed, from any position on, for whoever reads."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
import pytest
from aiohttp import ClientResponse

from services.api import event_stream
from services.api.event_stream import EVENT_STREAMS
from shared import clock
from shared.domain.scrubbing import scrubbed
from shared.events import NoticeRequested
from shared.store.journal import Envelope, Journal, Page
from shared.store.journal_tail import BEGINNING
from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration
OPENED, RESOLVED = "group.opened.v1", "group.resolved.v1"
KEEP = timedelta(days=1)
TIMEOUT_S = 60


class Read(NamedTuple):
    """One server-sent event as a client reads it."""

    id: str
    type: str
    event: Any


def an_event(name: str, type: str = OPENED, group_id: str = "I1", **data: Any) -> Envelope:
    return {
        "specversion": "1.0",
        "id": name,
        "source": "/tocsin/grouper/g1",
        "type": type,
        "time": "2026-01-05T12:00:00Z",
        "data": {"group": {"id": group_id}, **data},
    }


async def committed(api: RunningApi, *events: Envelope, age: timedelta = timedelta()) -> None:
    """Write a page of the journal as the recorder does."""
    at = clock.now() - age
    groups = [one["data"]["group"]["id"] for one in events]
    await Journal(api.store).add([Page(list(events), [], groups, at, at + KEEP)])


def parsed(text: str) -> tuple[list[Read], str]:
    """Return the events of a stream's text, and the last position that it tells."""
    found, position = [], ""
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        position = fields.get("id", position)
        if "data" in fields:
            found.append(Read(fields["id"], fields["event"], orjson.loads(fields["data"])))
    return found, position


async def read(api: RunningApi, position: str = "", **query: str) -> tuple[list[Read], str]:
    """Return what is behind a position by now, and the position behind it."""
    headers = {"Last-Event-ID": position} if position else {}
    reply = await api.ask("GET", "events/", params={"follow": "false", **query}, headers=headers)
    assert reply.status == 200, reply
    assert reply.headers["Content-Type"] == "text/event-stream"
    return parsed(reply.body)


def names(events: Sequence[Read]) -> list[str]:
    return [one.event["id"] for one in events]


@asynccontextmanager
async def following(api: RunningApi, after: str = "", **query: str) -> AsyncIterator[ClientResponse]:
    """Open a stream that goes on."""
    headers = {"Authorization": api.token, **({"Last-Event-ID": after} if after else {})}
    async with api.client.get(f"{api.url}/api/v1/events", params=query, headers=headers) as answer:
        assert answer.status == 200
        yield answer


async def some_of(answer: ClientResponse, count: int) -> list[Read]:
    """Read a stream until so many events have come."""
    text = ""
    async with asyncio.timeout(TIMEOUT_S):
        while len(parsed(text)[0]) < count:
            text += (await answer.content.readuntil(b"\n\n")).decode()
    return parsed(text)[0]


async def test_an_event_comes_as_it_was_told_with_the_position_behind_it(api: RunningApi):
    _, here = await read(api)
    await committed(api, an_event("e1", alerts=["A1"]))

    (first,), behind = await read(api, here)

    assert (first.type, first.event) == (OPENED, an_event("e1", alerts=["A1"]))
    for position in (first.id, behind):
        assert (await read(api, position))[0] == []
    assert names((await read(api, "", after=here))[0]) == ["e1"]


async def test_what_is_committed_late_comes_late_and_is_not_skipped(api: RunningApi):
    _, here = await read(api)
    await committed(api, an_event("e1"))
    _, behind = await read(api, here)

    await committed(api, an_event("late"), age=timedelta(hours=1))
    await committed(api, an_event("e3"))

    assert names((await read(api, behind))[0]) == ["late", "e3"]
    assert names((await read(api, here))[0]) == ["e1", "late", "e3"]


async def test_reconnecting_anywhere_skips_nothing_and_doubles_nothing(api: RunningApi):
    """Two recorders write while a client reads a few events at a time, also from the middle of a page."""
    _, start = await read(api)
    draw = random.Random(7)

    async def write(name: str) -> list[str]:
        told = []
        for number in range(30):
            events = [an_event(f"{name}{number}.{part}") for part in range(draw.randint(1, 4))]
            await committed(api, *events, age=timedelta(seconds=draw.randint(0, 600)))
            told += [one["id"] for one in events]
        return told

    writing = asyncio.gather(write("a"), write("b"))
    got, position = [], start
    while not writing.done() or names((await read(api, position))[0]):
        waiting, _ = await read(api, position)
        taken = waiting[: draw.randint(1, 5)]
        got += taken
        position = taken[-1].id if taken else position
    first, second = await writing

    assert sorted(names(got)) == sorted([*first, *second])
    assert [one for one in names(got) if one in first] == first
    assert names(got) == names((await read(api, start))[0])


async def test_a_stream_goes_on_by_itself_and_tells_twice_told_events_once(api: RunningApi):
    _, here = await read(api)
    await committed(api, an_event("e1"))
    async with following(api, here) as answer:
        assert names(await some_of(answer, 1)) == ["e1"]
        await committed(api, an_event("e1"), an_event("e2"))
        assert names(await some_of(answer, 1)) == ["e2"]
        await committed(api, an_event("e3"))
        (third,) = await some_of(answer, 1)
    await committed(api, an_event("e4"))

    assert names((await read(api, third.id))[0]) == ["e4"]


async def test_events_are_filtered_by_type_and_group(api: RunningApi):
    _, here = await read(api)
    await committed(
        api,
        an_event("opened"),
        an_event("resolved", RESOLVED),
        an_event("other", group_id="I2"),
        an_event("page", "notification.requested.v1", group_id="I2"),
        an_event("private", NoticeRequested.type),
        an_event("mine", "alert.routed.v1", group_id="I3", integration_id="C1"),
    )

    async def found(**query: str) -> list[str]:
        events, behind = await read(api, here, **query)
        # What was not asked for is behind the position, too.
        assert (await read(api, behind))[0] == []
        return names(events)

    assert await found() == ["opened", "resolved", "other", "page", "mine"]
    assert await found(type="group") == ["opened", "resolved", "other"]
    assert await found(type="group.resolved,notification") == ["resolved", "page"]
    assert await found(type=OPENED, alert_group_id="I2") == ["other"]
    assert await found(alert_group_id="INONE") == []
    assert await found(integration_id="C1") == ["mine"]
    refused = await api.refused("GET", "events?type=party&follow=false")
    assert "group.opened.v1" in refused["type"][0]


async def test_what_was_wiped_meanwhile_is_told_without_what_it_said(api: RunningApi):
    _, here = await read(api)
    await committed(api, an_event("e1", title="secret"))
    await Journal(api.store).rewrite({"groups": "I1"}, lambda one: scrubbed(one, "I1", set(), notes=True))

    ((first,), _) = await read(api, here)

    assert (first.event["id"], first.event["data"]["title"]) == ("e1", None)


async def test_a_page_that_expired_is_passed_over(api: RunningApi):
    _, here = await read(api)
    await committed(api, an_event("gone"))
    await Journal(api.store).collection.delete_many({})
    await committed(api, an_event("e2"))

    assert names((await read(api, here))[0]) == ["e2"]


async def test_the_beginning_is_as_far_back_as_the_database_can_go(api: RunningApi):
    await committed(api, an_event("e1"), an_event("e2"))
    await committed(api, an_event("e3"))

    found, behind = await read(api, after="beginning")

    assert names(found) == ["e1", "e2", "e3"]
    # The first page has no place before it, unless the database names one before it tells of it: it is told wholly.
    again = ["e1", "e2", "e3"] if found[0].id == BEGINNING else ["e2", "e3"]
    assert names((await read(api, found[0].id))[0]) == again
    assert names((await read(api, found[1].id))[0]) == ["e3"]
    assert names((await read(api, behind))[0]) == []


async def test_a_position_that_is_none_or_is_lost_is_refused(api: RunningApi):
    for text in ("x", "0", "8200", "8263F8A2.01", "$ne"):
        assert list(await api.refused("GET", f"events?follow=false&after={text}")) == ["after"]
    gone = await api.refused("GET", f"events?follow=false&after={'82FF' * 20}", status=410)
    assert "timelines" in gone["detail"]


async def test_a_quiet_stream_beats_and_moves_the_position_on(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_stream, "BEAT_EVERY_S", 0.05)
    async with following(api, type=RESOLVED) as answer, asyncio.timeout(TIMEOUT_S):
        beginning = (await answer.content.readuntil(b"\n\n")).decode()
        await committed(api, an_event("not asked for"))
        text, position = "", parsed(beginning)[1]
        while parsed(text)[1] in ("", position):
            text += (await answer.content.readuntil(b"\n\n")).decode()

    assert "retry: 3000" in beginning
    assert ": beat" in text
    assert re.fullmatch(r"[0-9A-F]+", parsed(text)[1])


async def test_a_reader_that_does_not_read_is_left(api: RunningApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_stream, "SEND_WITHIN_S", 0.2)
    _, here = await read(api)
    for number in range(30):
        await committed(api, an_event(f"e{number}", text="x" * 1_000_000))
    streams = api.running.io.http[EVENT_STREAMS]
    asked = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {api.token}\r\nLast-Event-ID: {here}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.running.port)) as connection:
        connection.sendall(asked.encode())
        async with asyncio.timeout(TIMEOUT_S):
            while streams.open == 0:
                await asyncio.sleep(0.01)
            while streams.open:
                await asyncio.sleep(0.01)

    assert (await api.ask("GET", "info")).status == 200


async def test_more_streams_than_places_are_told_to_come_later(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_stream, "MOST", 1)
    async with following(api) as answer:
        await answer.content.readuntil(b"\n\n")
        reply = await api.ask("GET", "events", params={"follow": "false"})
        assert (reply.status, int(reply.headers["Retry-After"]) > 0) == (503, True)


async def test_streams_end_with_the_service(api: RunningApi):
    async with following(api) as answer, asyncio.timeout(TIMEOUT_S):
        await answer.content.readuntil(b"\n\n")
        api.running.io.http[EVENT_STREAMS].close()
        await answer.content.read()


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 200)])
async def test_the_journal_is_for_editors(api: RunningApi, role: str, status: int):
    user = await api.post("users/", username=role, role=role)
    headers = {"Authorization": await api.new_token(user_id=user["id"])}

    assert (await api.ask("GET", "events?follow=false", headers=headers)).status == status
