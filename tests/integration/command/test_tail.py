"""`tocsin tail` goes on where it was interrupted, prints what it is asked for, and gives up only when refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.command import tail
from shared.command.failure import CommandFailed
from shared.command.output import Format
from shared.command.settings import Access
from shared.command.tail import Asked

pytestmark = pytest.mark.integration
EVENT = {
    "id": "e1",
    "type": "group.opened.v1",
    "time": "2026-01-05T12:00:00Z",
    "reason": "the first alert",
    "data": {"group": {"id": "I1", "number": 7, "title": "Disk\x1b[2J full"}},
}
FROM_NOW = Asked(types=("group",), groups=("I1",), follow=True, after="")


def block(id: str, event: object) -> bytes:
    return b"id: %s\nevent: x\ndata: %s\n\n" % (id.encode(), orjson.dumps(event))


async def answered(*pieces: bytes | int) -> tuple[TestServer, list[list[str]]]:
    """Return a server that answers one request after another: with these bytes and no end, or with this status."""
    asked: list[list[str]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.query.getall("after", []))
        piece = pieces[len(asked) - 1]
        if isinstance(piece, int):
            return web.json_response({"detail": "You may not."}, status=piece)
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(piece)
        assert request.transport is not None
        request.transport.abort()
        return response

    app = web.Application()
    app.router.add_get("/api/v1/events", answer)
    server = TestServer(app)
    await server.start_server()
    return server, asked


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "WAITS_S", (0.0,))


Follow = Callable[..., Awaitable[list[list[str]]]]


@pytest.fixture
def follow() -> Follow:
    async def follow(
        *pieces: bytes | int, output: Format = Format.TABLE, quiet: bool = False
    ) -> list[list[str]]:
        server, asked = await answered(*pieces)
        try:
            with pytest.raises(CommandFailed, match="You may not"):
                await tail._follow(Access(str(server.make_url("")).rstrip("/"), "t"), FROM_NOW, output, quiet)
        finally:
            await server.close()
        return asked

    return follow


async def test_after_an_interruption_it_goes_on_behind_the_last_event(
    follow: Follow, capsys: pytest.CaptureFixture[str]
):
    half = block("9", EVENT | {"id": "e3"})[:-20]

    asked = await follow(
        b"id: 5\n\n" + block("7", EVENT), block("8", EVENT | {"id": "e2"}) + half, 503, 403, quiet=True
    )

    assert asked == [[], ["7"], ["8"], ["8"]]
    assert capsys.readouterr().out.split() == ["e1", "e2"]


async def test_a_line_says_when_what_which_group_and_why_and_steers_no_terminal(
    follow: Follow, capsys: pytest.CaptureFixture[str]
):
    await follow(block("7", EVENT), 403)

    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == [
        *("2026-01-05", "12:00:00", "group.opened.v1", "I1", "#7"),
        *("Disk", "[2J", "full", "(the", "first", "alert)"),
    ]


async def test_json_is_one_event_a_line_with_where_to_go_on(
    follow: Follow, capsys: pytest.CaptureFixture[str]
):
    await follow(block("7", EVENT), 403, output=Format.JSON)

    assert orjson.loads(capsys.readouterr().out) == {"position": "7", **EVENT}
