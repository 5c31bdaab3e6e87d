"""An OpenID provider that lies as it is told: for answers that a real one never gives."""

from __future__ import annotations

from typing import Any, Self

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT_ID, SECRET = "tocsin", "a secret of at least thirty-two bytes"


class OpenIdDouble:
    """Use as an async context manager; `claims` go into the next ID token, None removes one."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.shown = [self.key]
        self.url = ""
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": "1"}
        self.token: str | None = None
        self.status = 200
        self.asked: list[dict[str, str]] = []
        self.key_reads = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discover)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/me", self._me)
        app.router.add_post("/token", self._exchange)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def signed(self, claims: dict[str, Any], algorithm: str = "RS256", key: Any = None) -> str:
        """Return a token that this provider, or somebody with another key, signed."""
        of = key or (OctKey.import_key(SECRET) if algorithm.startswith("HS") else self.key)
        header = {"alg": algorithm} | ({"kid": of.kid} if of.kid else {})
        return jwt.encode(header, claims, of, algorithms=[algorithm])

    async def _discover(self, _: web.Request) -> web.Response:
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
            **self.metadata,
        }
        return web.json_response({name: value for name, value in found.items() if value is not None})

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_reads += 1
        return web.json_response(KeySet(self.shown).as_dict(private=False))

    async def _me(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer opens"
        return web.json_response(self.userinfo)

    async def _exchange(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.status != 200:
            return web.json_response({"error": "invalid_grant"}, status=self.status)
        token = self.token if self.token is not None else self.signed(self.claims)
        return web.json_response({"access_token": "opens", "token_type": "Bearer", "id_token": token})
