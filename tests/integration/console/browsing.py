"""A browser without scripts: keeps its cookie, reads pages, and sends their forms with what their pages gave it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher

from shared import clock
from shared.domain.configuration import User
from shared.store.passwords import Passwords
from tests.integration.api.api_running import RunningApi

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
PASSWORD = "correct horse battery"
# The parameters of the service take half a second here; that it uses them is a test of its own.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Answer:
    """What the server answered."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def location(self) -> str:
        """Where it sends the browser."""
        return self.headers.get("Location", "")


@dataclass
class Browser:
    """One browser of one person."""

    api: RunningApi
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Answer:
        """Load a page."""
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, fields: Any = (), csrf: str | None = None, **headers: str) -> Answer:
        """Send a form; without `csrf` as the pages of this session have it."""
        given = await self.csrf() if csrf is None else csrf
        pairs = [*(fields.items() if isinstance(fields, dict) else fields), ("csrf", given)]
        return await self._ask("POST", path, pairs, headers)

    async def csrf(self) -> str:
        """Return the token that the pages of this session carry in their forms; "" without a session."""
        found = CSRF.search((await self.get("/alert-groups")).text)
        return found.group(1) if found else ""

    async def sign_in(self, **fields: str) -> Answer:
        """Send the sign-in's form."""
        return await self._ask("POST", "/sign-in", list(fields.items()), {})

    async def _ask(self, method: str, path: str, fields: Any, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        if self.cookie:
            sent["Cookie"] = self.cookie
        async with self.api.client.request(
            method, self.api.url + path, data=fields, headers=sent, allow_redirects=False
        ) as answer:
            text = await answer.text()
            for one in answer.headers.getall("Set-Cookie", []):
                self.cookie = one.partition(";")[0]
            return Answer(answer.status, text, dict(answer.headers))


async def with_password(api: RunningApi, user: User, password: str = PASSWORD) -> User:
    """Give a user a password."""
    await Passwords(api.store).put(user.id, CHEAP.hash(password), clock.now())
    return user


async def signed_in(api: RunningApi, user: User) -> Browser:
    """Return a browser in which a user with the usual password has signed in."""
    browser = Browser(api)
    answer = await browser.sign_in(username=user.username, password=PASSWORD)
    assert answer.status == 303, answer
    return browser


async def by_token(api: RunningApi, user: User) -> Browser:
    """Return a browser in which a user has signed in with an API token, which costs no hashing."""
    browser = Browser(api)
    answer = await browser.sign_in(token=await api.new_token(user_id=user.id))
    assert answer.status == 303, answer
    return browser
