"""`tocsin tail`: what happens, as it happens; after an interruption it goes on where it was."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import aiohttp
import orjson
import typer

from shared.command.api_client import Answer, Token, Url, said
from shared.command.failure import CommandFailed, told
from shared.command.output import Format, Output, Quiet, plain
from shared.command.server_sent import Reader, ServerSent
from shared.command.settings import Access, access

PATH = "/api/v1/events"
# The api says that it is there at least so often.
SILENT_FOR_S = 60.0
WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)

Types = Annotated[
    list[str] | None,
    typer.Option("--type", "-t", help="events of this type, or that begin so; absent: group"),
]
Groups = Annotated[
    list[str] | None, typer.Option("--group", "-g", help="only of this alert group; may be repeated")
]
Every = Annotated[bool, typer.Option("--all", "-a", help="every type of event")]
After = Annotated[
    str | None, typer.Option("--after", help="begin behind this event, by its id; absent: from now on")
]
Follow = Annotated[
    bool, typer.Option("--follow/--no-follow", help="wait for more, or end with what is there")
]


@dataclass(frozen=True)
class Asked:
    """What is asked of the api; `after` moves on with every event."""

    types: tuple[str, ...]
    groups: tuple[str, ...]
    follow: bool
    after: str

    @property
    def query(self) -> list[tuple[str, str]]:
        """It, as the query of a request."""
        found = [("type", one) for one in self.types] + [("alert_group_id", one) for one in self.groups]
        found += [("after", self.after)] if self.after else []
        return found if self.follow else [*found, ("follow", "false")]


class Interrupted(Exception):
    """The stream ended or did not begin; what is asked for may be asked for again."""


def tail(
    type: Types = None,
    group: Groups = None,
    every: Every = False,
    after: After = None,
    follow: Follow = True,
    output: Output = Format.TABLE,
    quiet: Quiet = False,
    url: Url = None,
    api_token: Token = None,
) -> None:
    """Follow what happens to alert groups (or everything), line by line until Ctrl-C.

    `-o json` prints one event a line with the id to go on from; `-q` ids of events only.
    """
    types = () if every else tuple(type or ["group"])
    with told():
        reach = access(url, api_token)
        asyncio.run(_follow(reach, Asked(types, tuple(group or ()), follow, after or ""), output, quiet))


async def _follow(reach: Access, asked: Asked, output: Format, quiet: bool) -> None:
    failures = 0
    while True:
        try:
            async for one in _events(reach, asked):
                failures = 0
                asked = replace(asked, after=one.id or asked.after)
                if one.data:
                    _print(one, output, quiet)
        except Interrupted as interrupted:
            if not asked.follow:
                raise CommandFailed(str(interrupted)) from interrupted
            wait_s = WAITS_S[min(failures, len(WAITS_S) - 1)]
            failures += 1
            if failures > 1:
                typer.secho(f"{interrupted}; again in {wait_s:g} s", err=True, fg="yellow")
            await asyncio.sleep(wait_s)
            continue
        if not asked.follow:
            return


async def _events(reach: Access, asked: Asked) -> AsyncIterator[ServerSent]:
    """Return the events of one request.

    Raises:
        Interrupted: no answer, or one that broke off.
        CommandFailed: the api refuses what is asked for.
    """
    headers = {"Authorization": f"Bearer {reach.token}"} if reach.token else {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30.0, sock_read=SILENT_FOR_S)
    reader = Reader()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.get(reach.url + PATH, params=asked.query, headers=headers) as response,
        ):
            if response.status != 200:
                await _refused(response)
            async for piece in response.content.iter_any():
                for one in reader.feed(piece):
                    yield one
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Interrupted(f"{reach.url} does not answer: {str(error) or type(error).__name__}") from error


async def _refused(response: aiohttp.ClientResponse) -> None:
    text = await response.text()
    try:
        answer = Answer(response.status, orjson.loads(text))
    except orjson.JSONDecodeError:
        answer = Answer(response.status, text)
    if response.status >= 500 or response.status == 429:
        raise Interrupted(said(answer))
    raise CommandFailed(said(answer))


def _print(one: ServerSent, output: Format, quiet: bool) -> None:
    record: dict[str, Any] = orjson.loads(one.data)
    if quiet:
        line = str(record.get("id", ""))
    elif output is Format.JSON:
        line = orjson.dumps({"position": one.id, **record}).decode()
    else:
        line = _line(record, output)
    typer.echo(line)
    sys.stdout.flush()


def _line(record: dict[str, Any], output: Format) -> str:
    """Return when, what, of which group, and why; wide adds the alert and where to go on from."""
    data = record.get("data") or {}
    group = data.get("group") or {}
    words = [
        str(record.get("time", ""))[:19].replace("T", " "),
        str(record.get("type", "")).ljust(26),
        str(group.get("id") or data.get("group_id") or record.get("subject") or ""),
        f"#{group['number']}" if group.get("number") else "",
        str(group.get("title") or ""),
        f"({record['reason']})" if record.get("reason") else "",
    ]
    if output is Format.WIDE:
        words += [str(record.get("alertid") or ""), str(record.get("id", ""))]
    return plain(" ".join(word for word in words if word.strip()))
