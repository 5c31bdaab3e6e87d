"""What an identity provider says is believed only when it is his, for us, for this sign-in, and fresh."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey

from services.api.console import identity_provider
from services.api.console.identity_provider import Client, IdentityProvider, ProviderFailed
from shared.http import HttpClient
from shared.store.sign_in_attempts import Attempt
from tests.support.openid_double import CLIENT_ID, SECRET, OpenIdDouble

pytestmark = pytest.mark.integration
ATTEMPT = Attempt(nonce="n-1", verifier="v" * 64, target="/")
REDIRECT = "https://tocsin.example.org/sign-in/oidc/callback"


@pytest_asyncio.fixture
async def double() -> AsyncIterator[OpenIdDouble]:
    async with OpenIdDouble() as made:
        made.claims = good(made)
        yield made


@pytest_asyncio.fixture
async def provider(double: OpenIdDouble) -> AsyncIterator[IdentityProvider]:
    async with HttpClient() as http:
        yield IdentityProvider(Client(double.url, CLIENT_ID, SECRET, "openid email", REDIRECT), http)


def good(double: OpenIdDouble) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": double.url, "sub": "1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": "n-1"}


async def test_the_browser_is_sent_with_everything_that_ties_the_answer_to_it(provider: IdentityProvider):
    parts = urlsplit(await provider.address("s-1", ATTEMPT))
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.path == "/auth"
    assert asked.pop("code_challenge") not in ("", ATTEMPT.verifier)
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "openid email",
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge_method": "S256",
    }


async def test_a_good_answer_gives_the_claims_of_both_places(
    provider: IdentityProvider, double: OpenIdDouble
):
    double.userinfo = {"sub": "1", "preferred_username": "alice", "iss": "https://elsewhere"}
    claims = await provider.claims("c-1", ATTEMPT, double.url)
    assert (claims["sub"], claims["preferred_username"], claims["iss"]) == ("1", "alice", double.url)
    (asked,) = double.asked
    assert (asked["code"], asked["code_verifier"], asked["redirect_uri"]) == (
        "c-1",
        ATTEMPT.verifier,
        REDIRECT,
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"nonce": "n-2"},
        {"nonce": None},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_102_444_800},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_this_sign_in_is_not_believed(
    provider: IdentityProvider, double: OpenIdDouble, changed: dict[str, Any]
):
    after = {**double.claims, **changed}
    double.claims = {name: value for name, value in after.items() if value is not None}
    with pytest.raises(ProviderFailed):
        await provider.claims("c", ATTEMPT, None)


async def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    provider: IdentityProvider, double: OpenIdDouble
):
    stranger = RSAKey.generate_key(2048, {"kid": "first"})
    unsigned = "eyJhbGciOiJub25lIn0." + double.signed(double.claims).split(".")[1] + "."
    for token in (
        double.signed(double.claims, key=stranger),
        double.signed(double.claims, "HS256"),
        unsigned,
    ):
        double.token = token
        with pytest.raises(ProviderFailed):
            await provider.claims("c", ATTEMPT, None)
    assert double.key_reads == 1, "forged tokens have the keys read again and again"


async def test_a_provider_may_change_its_keys(
    provider: IdentityProvider, double: OpenIdDouble, monkeypatch: pytest.MonkeyPatch
):
    await provider.claims("c", ATTEMPT, None)
    double.key = RSAKey.generate_key(2048, {"kid": "second"})
    double.shown = [double.key]
    monkeypatch.setattr(identity_provider, "KEYS_AGAIN_AFTER_S", 0.0)
    assert (await provider.claims("c", ATTEMPT, None))["sub"] == "1"


async def test_answers_of_others_are_not_believed(provider: IdentityProvider, double: OpenIdDouble):
    with pytest.raises(ProviderFailed, match="another provider"):
        await provider.claims("c", ATTEMPT, "https://elsewhere.example.org")
    double.userinfo = {"sub": "2"}
    with pytest.raises(ProviderFailed, match="somebody else"):
        await provider.claims("c", ATTEMPT, None)


async def test_a_code_that_is_refused_is_told_with_the_providers_word(
    provider: IdentityProvider, double: OpenIdDouble
):
    double.status = 400
    with pytest.raises(ProviderFailed, match="400 invalid_grant"):
        await provider.claims("c", ATTEMPT, None)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://elsewhere.example.org"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": 7},
    ],
    ids=str,
)
async def test_a_provider_that_tells_no_good_addresses_is_not_asked(
    provider: IdentityProvider, double: OpenIdDouble, said: dict[str, Any]
):
    double.metadata = said
    with pytest.raises(ProviderFailed):
        await provider.address("s", ATTEMPT)


async def test_a_provider_that_is_away_is_asked_again_next_time(double: OpenIdDouble):
    async with HttpClient() as http:
        away = IdentityProvider(Client("http://127.0.0.1:1", CLIENT_ID, SECRET, "openid", REDIRECT), http)
        for _ in range(2):
            with pytest.raises(ProviderFailed):
                await away.address("s", ATTEMPT)
