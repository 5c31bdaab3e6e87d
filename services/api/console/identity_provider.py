"""An OpenID provider as we see it: what it says of itself, its keys, and what it answers for a code.

OpenID Connect Core 1.0 (authorization code flow) and Discovery 1.0, with PKCE (RFC 7636). The protocol's rules are
Authlib's and joserfc's; the calls are ours, so that their time and size are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from shared import clock
from shared.channels.channel import HttpCall
from shared.errors import Permanent, Transient
from shared.http import HttpClient
from shared.store.sign_in_attempts import Attempt

CALLBACK = "/sign-in/oidc/callback"
# Signatures that only the provider can make; "none" and those by a shared secret are never taken.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEEP_S = 3_600.0
# An unknown key may be a new one; somebody who sends forged tokens must not have us ask for keys all the time.
KEYS_AGAIN_AFTER_S = 30.0
LEEWAY_S = 60
ANSWER_LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True)
class Client:
    """Who we are for the provider. `issuer` is its address, which its documents and tokens have to name."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str
    redirect_uri: str


class ProviderFailed(Exception):
    """The provider cannot be reached, refuses, or answers what must not be believed; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class _Known:
    """What the provider said of itself, and when that was, in seconds of the monotonic clock."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    read_at_s: float = float("-inf")
    keys: KeySet | None = None
    keys_at_s: float = float("-inf")


class IdentityProvider:
    """Sends people to the provider and reads what comes back."""

    def __init__(self, client: Client, http: HttpClient) -> None:
        self.client = client
        self._http = http
        self._known = _Known()

    async def address(self, state: str, attempt: Attempt) -> str:
        """Return where the browser is sent.

        Raises:
            ProviderFailed: it does not tell its addresses.
        """
        metadata = await self._metadata()
        return str(
            prepare_grant_uri(
                metadata["authorization_endpoint"],
                self.client.client_id,
                "code",
                self.client.redirect_uri,
                self.client.scope,
                state,
                nonce=attempt.nonce,
                code_challenge=create_s256_code_challenge(attempt.verifier),  # type: ignore[no-untyped-call]
                code_challenge_method="S256",
            )
        )

    async def claims(self, code: str, attempt: Attempt, issuer: str | None) -> dict[str, Any]:
        """Return the verified claims of whoever the code stands for; `issuer` is the answer's `iss` (RFC 9207).

        Raises:
            ProviderFailed: the code is not taken, or the token is not this provider's, not for us, or too old.
        """
        if issuer is not None and issuer != self.client.issuer:
            raise ProviderFailed(f"the answer comes from another provider: {issuer[:200]}")
        metadata = await self._metadata()
        tokens = await self._exchanged(metadata, code, attempt.verifier)
        claims = await self._verified(metadata, tokens, attempt.nonce)
        endpoint = metadata.get("userinfo_endpoint")
        if endpoint and isinstance(tokens.get("access_token"), str):
            more = await self._get(endpoint, {"Authorization": f"Bearer {tokens['access_token']}"})
            if more.get("sub") != claims["sub"]:
                raise ProviderFailed("the userinfo endpoint tells of somebody else")
            claims = {**more, **claims}
        return claims

    async def _exchanged(self, metadata: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
        offered = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        if not self.client.client_secret:
            method = "none"
        body = prepare_token_request(
            "authorization_code", "", self.client.redirect_uri, code=code, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        auth = ClientAuth(self.client.client_id, self.client.client_secret, method)
        url, headers, body = auth.prepare(  # type: ignore[no-untyped-call]
            "POST", metadata["token_endpoint"], headers, body
        )
        return await self._call(HttpCall("POST", url, headers, body.encode(), trusted=True))

    async def _verified(
        self, metadata: Mapping[str, Any], tokens: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise ProviderFailed("there is no ID token in the answer")
        try:
            read = jwt.decode(token, await self._keys(metadata, fresh=False), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            read = await self._with_new_keys(metadata, token)
        client_id = self.client.client_id
        checked = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": self.client.issuer},
                "aud": {"essential": True, "value": client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": client_id, "access_token": tokens.get("access_token")},
        )
        try:
            checked.validate(int(clock.now().timestamp()), LEEWAY_S)
        except JoseError as error:
            raise ProviderFailed(f"the ID token is not valid: {error}") from error
        return dict(read.claims)

    async def _with_new_keys(self, metadata: Mapping[str, Any], token: str) -> jwt.Token:
        try:
            return jwt.decode(token, await self._keys(metadata, fresh=True), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError) as error:
            raise ProviderFailed(f"the ID token's signature is not the provider's: {error}") from error

    async def _keys(self, metadata: Mapping[str, Any], *, fresh: bool) -> KeySet:
        age_s = clock.monotonic_s() - self._known.keys_at_s
        if self._known.keys is None or age_s > (KEYS_AGAIN_AFTER_S if fresh else KEEP_S):
            found = await self._get(metadata["jwks_uri"])
            keys = [one for one in found.get("keys", []) if isinstance(one, dict) and one.get("use") != "enc"]
            try:
                self._known.keys = KeySet.import_key_set(KeySetSerialization(keys=keys))
            except (JoseError, ValueError) as error:
                raise ProviderFailed(f"its keys cannot be read: {error}") from error
            self._known.keys_at_s = clock.monotonic_s()
        return self._known.keys

    async def _metadata(self) -> Mapping[str, Any]:
        if clock.monotonic_s() - self._known.read_at_s > KEEP_S:
            found = await self._get(get_well_known_url(self.client.issuer, external=True))
            self._check(found)
            self._known.metadata, self._known.read_at_s = found, clock.monotonic_s()
        return self._known.metadata

    def _check(self, found: Mapping[str, Any]) -> None:
        if found.get("issuer") != self.client.issuer:
            raise ProviderFailed(
                f"its issuer is {found.get('issuer')!r}: TOCSIN_OIDC_ISSUER has to be the same"
            )
        is_secure = self.client.issuer.startswith("https:")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            url = found.get(name)
            if url is None and name == "userinfo_endpoint":
                continue
            scheme = urlsplit(url).scheme if isinstance(url, str) else ""
            if scheme != "https" and (is_secure or scheme != "http"):
                raise ProviderFailed(f"its {name} is not an https address")

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        return await self._call(HttpCall("GET", url, headers or {}, trusted=True))

    async def _call(self, call: HttpCall) -> dict[str, Any]:
        host = urlsplit(call.url).hostname
        try:
            reply = await self._http.send(_bounded(call))
        except (Transient, Permanent) as error:
            raise ProviderFailed(error.reason) from error
        try:
            found = orjson.loads(reply.body)
        except orjson.JSONDecodeError as error:
            raise ProviderFailed(f"{host} answered {reply.status} without JSON") from error
        if reply.status != 200 or not isinstance(found, dict):
            said = found.get("error", "") if isinstance(found, dict) else ""
            raise ProviderFailed(f"{host} answered {reply.status} {str(said)[:100]}".rstrip())
        return found


def _bounded(call: HttpCall) -> HttpCall:
    return HttpCall(
        call.method,
        call.url,
        call.headers,
        call.body,
        10.0,
        call.trusted,
        read_limit_bytes=ANSWER_LIMIT_BYTES,
    )
