"""Asks as the client of OnCall's migration tools does: no last slash, and `next` followed as it stands."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urljoin

from tests.integration.api.api_running import RunningApi

Row = dict[str, Any]


class MigrationClient:
    """The client; anything but a success stops a migration, except 429 and the 404 of a delete."""

    def __init__(self, api: RunningApi, base: str | None = None) -> None:
        self._api = api
        self._base = base or f"{api.url}/api/v1/"
        self.waited_s: list[int] = []

    async def call(self, method: str, path: str, body: Row | None = None) -> tuple[int, Any]:
        """Return status and JSON, after waiting as often as the server says."""
        url = urljoin(self._base, path)
        headers = {"Authorization": self._api.token}
        async with self._api.client.request(method, url, json=body, headers=headers) as answer:
            if answer.status == 429:
                self.waited_s.append(int(answer.headers["Retry-After"]))
            else:
                return answer.status, await answer.json() if answer.status != 204 else None
        await asyncio.sleep(self.waited_s[-1])
        return await self.call(method, path, body)

    async def list_all(self, path: str) -> list[Row]:
        status, page = await self.call("GET", path)
        assert status == 200, page
        found = list(page["results"])
        while page["next"]:
            status, page = await self.call("GET", page["next"])
            assert status == 200, page
            found += page["results"]
        return found

    async def create(self, path: str, body: Row) -> Row:
        status, made = await self.call("POST", path, body)
        assert status == 201, (path, body, made)
        return dict(made)

    async def update(self, path: str, body: Row) -> Row:
        status, changed = await self.call("PUT", path, body)
        assert status == 200, (path, body, changed)
        return dict(changed)

    async def delete(self, path: str) -> None:
        status, told = await self.call("DELETE", path)
        assert status in (204, 404), told

    async def users_with_rules(self) -> list[Row]:
        """Return the people with their default rules, as every migration begins."""
        users = await self.list_all("users")
        rules = await self.list_all("personal_notification_rules/?important=false")
        return [{**user, "rules": [one for one in rules if one["user_id"] == user["id"]]} for user in users]
