"""The api in the test's own process, on a real database, with a client that speaks as existing clients do."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from prometheus_client import CollectorRegistry

from services.api.service import service
from shared import clock
from shared.config import Settings
from shared.domain.public_ids import api_token
from shared.secrets import new_key
from shared.service import Running, Service
from shared.store.api_tokens import ApiToken, ApiTokens
from shared.store.mongo import Database
from tests.support.one_service import until

# Nothing listens there: configuration works without the broker.
NO_BROKER = "amqp://guest:guest@127.0.0.1:1/"
INGEST = "https://in.example.org"
PUBLIC = "https://tocsin.example.org"


@dataclass
class Reply:
    """What the api answered."""

    status: int
    body: Any
    headers: dict[str, str]


class RunningApi:
    """What a test needs of it."""

    def __init__(self, running: Running, client: ClientSession, token: str) -> None:
        self.running = running
        self.client = client
        self.token = token

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.running.port}"

    @property
    def store(self) -> Database:
        return self.running.io.store

    async def connected(self) -> None:
        await asyncio.wait_for(self.running.io.rabbit.wait_connected(), 60)

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        """Ask under /api/v1/ without following redirects, exactly as written."""
        headers = {"Authorization": self.token, **more.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        path = path if path.startswith("/") else f"/api/v1/{path}"
        async with self.client.request(
            method, self.url + path, json=body, headers=headers, allow_redirects=False, **more
        ) as answer:
            is_json = answer.content_type == "application/json"
            text = await answer.text()
            return Reply(answer.status, await answer.json() if is_json else text, dict(answer.headers))

    async def get(self, path: str, **query: str) -> Any:
        reply = await self.ask("GET", path, params=query)
        assert reply.status == 200, reply
        return reply.body

    async def post(self, path: str, **body: Any) -> Any:
        reply = await self.ask("POST", path, body)
        assert reply.status == 201, reply
        return reply.body

    async def put(self, path: str, **body: Any) -> Any:
        reply = await self.ask("PUT", path, body)
        assert reply.status == 200, reply
        return reply.body

    async def delete(self, path: str) -> None:
        reply = await self.ask("DELETE", path)
        assert (reply.status, reply.body) == (204, ""), reply

    async def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> Any:
        reply = await self.ask(method, path, body)
        assert reply.status == status, reply
        return reply.body

    async def new_token(self, **allowed: Any) -> str:
        token = api_token(secrets.randbelow)
        await ApiTokens(self.store).add(token, ApiToken(name="test", created_at=clock.now(), **allowed))
        return token


@asynccontextmanager
async def a_service(what: Service, data_dir: Path, **values: Any) -> AsyncIterator[Running]:
    """Start a service in this process and stop it again."""
    running = Running(
        what, Settings.model_validate({"data_dir": data_dir, "env": "test", **values}), CollectorRegistry()
    )
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(running.run(stop, on_ready=lambda _: ready.set()))
    try:
        await asyncio.wait_for(ready.wait(), 60)
        yield running
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


@asynccontextmanager
async def an_api(
    mongo_url: str, data_dir: Path, amqp_url: str = NO_BROKER, token: str = "", **more: Any
) -> AsyncIterator[RunningApi]:
    """Start an api and stop it again; without a `token` the test gets one that may do everything."""
    values = {"secret_key": new_key(), "public_url": PUBLIC, "ingest_url": INGEST, **more}
    async with (
        a_service(service, data_dir, mongo_url=mongo_url, amqp_url=amqp_url, **values) as running,
        ClientSession() as client,
    ):
        api = RunningApi(running, client, token)
        if not token:
            # The first api of its database: what holds by an index holds once that is made.
            await until(lambda: _has_indexes(api))
            api.token = await api.new_token()
        yield api


async def _has_indexes(api: RunningApi) -> bool:
    async with api.client.get(f"{api.url}/readyz") as answer:
        return "indexes" not in (await answer.json())["failed"]


async def drop(mongo_url: str) -> None:
    """Drop a database whose services have ended: before, they might still write."""
    database = Database(mongo_url)
    try:
        await database.drop()
    finally:
        database.close()
