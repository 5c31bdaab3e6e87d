"""A certified OpenID provider (npm's oidc-provider) as a process of its own, and a person at its pages."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar

from deploy.local import ports

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID, SECRET = "tocsin", "a secret of at least thirty-two bytes"
FORM = re.compile(r'<form[^>]*action="([^"]+)"')
HIDDEN = re.compile(r'name="(prompt)"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class OpenIdProvider:
    """The running provider; `redirect_uri` is where it sends browsers back to."""

    url: str
    redirect_uri: str

    async def sign_in(self, address: str, account: str) -> str:
        """Go through the provider's own pages as an account; return the address that it sends the browser to."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            for _ in range(10):
                async with browser.get(address, allow_redirects=False) as page:
                    location, text = page.headers.get("Location", ""), await page.text()
                if location.startswith(self.redirect_uri):
                    return location
                if location:
                    address = self._absolute(location)
                    continue
                address = await self._answered(browser, text, account)
        raise AssertionError(f"the provider never sent the browser back; last it was at {address}")

    async def _answered(self, browser: ClientSession, text: str, account: str) -> str:
        form, prompt = FORM.search(text), HIDDEN.search(text)
        assert form, text
        fields = {"login": account, "password": "any"} | (dict([prompt.groups()]) if prompt else {})
        async with browser.post(self._absolute(form.group(1)), data=fields, allow_redirects=False) as done:
            assert done.status in (302, 303), await done.text()
            return self._absolute(done.headers["Location"])

    def _absolute(self, location: str) -> str:
        return location if location.startswith("http") else self.url + location


@asynccontextmanager
async def an_openid_provider(
    redirect_uri: str, accounts: Mapping[str, Mapping[str, Any]]
) -> AsyncIterator[OpenIdProvider]:
    """Run the provider with one client, Tocsin, and these accounts (claims by name)."""
    port = ports.free_port()
    client = {"client_id": CLIENT_ID, "client_secret": SECRET, "redirect_uris": [redirect_uri]}
    environment = {"PORT": str(port), "CLIENT": json.dumps(client), "ACCOUNTS": json.dumps(accounts)}
    process = await asyncio.create_subprocess_exec(
        "node",
        str(ROOT / "tests/support/openid_provider.mjs"),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while (await process.stdout.readline()).strip() != b"ready":
                assert not process.stdout.at_eof(), "the provider did not start"
        yield OpenIdProvider(f"http://127.0.0.1:{port}", redirect_uri)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
