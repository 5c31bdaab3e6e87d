"""People sign in with their accounts at a real OpenID provider; each account is one person, for good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from services.api.console import oidc
from services.api.console.identity_provider import CALLBACK
from shared import clock
from shared.domain.configuration import User
from shared.domain.configuration_draft import Draft
from shared.domain.model import SYSTEM
from shared.store.configuration import ConfigurationStore
from shared.store.identities import Identities
from tests.integration.api.acting_running import acting_api
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.integration.console.browsing import Answer
from tests.support.openid_provider import CLIENT_ID, SECRET, OpenIdProvider, an_openid_provider

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
ACCOUNTS = {
    "a-1": {"preferred_username": "alice", "name": "Alice"},
    "a-2": {"preferred_username": "alice"},
    "m-1": {"preferred_username": "unknown here", "email": "Bob@example.org", "email_verified": True},
    "m-2": {"preferred_username": "unknown too", "email": "carol@example.org", "email_verified": False},
    "n-1": {"preferred_username": "newcomer", "name": "New Comer"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider() -> AsyncIterator[OpenIdProvider]:
    async with an_openid_provider(PUBLIC + CALLBACK, ACCOUNTS) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, provider: OpenIdProvider
) -> AsyncIterator[RunningApi]:
    settings = {
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SECRET,
        "oidc_name": "Example <Corp>",
    }
    async with acting_api(servers, tmp_path_factory.mktemp("oidc"), **settings) as running:
        people = [
            User(id="UALICE", username="Alice", role="viewer"),
            User(id="UBOB", username="bob", email="bob@example.org"),
            User(id="UCAROL", username="carol", email="carol@example.org"),
        ]
        await put(running, *people)
        yield running


@dataclass
class Browser:
    """A browser that goes to the provider and back; it keeps every cookie by its name."""

    api: RunningApi
    provider: OpenIdProvider
    cookies: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, account: str, target: str = "/") -> Answer:
        """Sign in from the button to the answer after the way back."""
        return await self.get(await self.way_back(account, target))

    async def way_back(self, account: str, target: str = "/") -> str:
        """Go to the provider and sign in there; return the path that it sends the browser back to."""
        sent = await self.get(f"/sign-in/oidc?next={quote(target)}")
        assert sent.status == 303, sent.text
        back = await self.provider.sign_in(sent.location, account)
        return back.removeprefix(PUBLIC)

    async def get(self, path: str) -> Answer:
        """Load a page."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        async with self.api.client.get(
            self.api.url + path, headers=headers if self.cookies else {}, allow_redirects=False
        ) as answer:
            for one in answer.headers.getall("Set-Cookie", []):
                name, _, value = one.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
            return Answer(answer.status, await answer.text(), dict(answer.headers))


async def put(api: RunningApi, *users: User) -> None:
    def store(draft: Draft) -> None:
        for one in users:
            draft.put(one)

    await ConfigurationStore(api.store).change(store, SYSTEM, clock.now())
    await api.running.io.config.load()


async def test_somebody_signs_in_and_comes_back_to_where_he_wanted_to_go(
    api: RunningApi, provider: OpenIdProvider
):
    browser = Browser(api, provider)
    form = await browser.get("/sign-in?next=/pipeline")
    assert "Sign in with Example &lt;Corp&gt;" in form.text
    done = await browser.sign_in("a-1", "/alert-groups?state=resolved")
    assert (done.status, done.location) == (303, "/alert-groups?state=resolved")
    page = await browser.get(done.location)
    assert page.status == 200
    assert "Alice" in page.text


async def test_an_account_is_bound_to_its_person_and_no_second_one_gets_in_by_the_name(
    api: RunningApi, provider: OpenIdProvider
):
    await Browser(api, provider).sign_in("a-1")
    other = await Browser(api, provider).sign_in("a-2")
    assert other.status == 403
    assert "bound to Alice already" in other.text
    await Identities(api.store).unbind("UALICE")
    assert (await Browser(api, provider).sign_in("a-2")).status == 303
    assert (await Browser(api, provider).sign_in("a-1")).status == 403
    await Identities(api.store).unbind("UALICE")


async def test_a_verified_address_names_a_person_and_an_unverified_one_nobody(
    api: RunningApi, provider: OpenIdProvider
):
    assert (await Browser(api, provider).sign_in("m-1")).status == 303
    assert await Identities(api.store).user_id_of(provider.url, "m-1") == "UBOB"
    refused = await Browser(api, provider).sign_in("m-2")
    assert refused.status == 403
    assert "Nobody here has this account (unknown too)" in refused.text


async def test_the_way_back_is_open_once_and_only_to_the_browser_that_went(
    api: RunningApi, provider: OpenIdProvider
):
    victim, thief = Browser(api, provider), Browser(api, provider)
    path = await victim.way_back("a-1")
    assert (await thief.get(path)).status == 400
    assert (await victim.get(path)).status == 303
    again = await victim.get(path)
    assert again.status == 400
    assert "Begin again" in again.text


async def test_a_code_that_was_changed_lets_nobody_in(api: RunningApi, provider: OpenIdProvider):
    browser = Browser(api, provider)
    path = await browser.way_back("a-1")
    code = parse_qs(urlsplit(path).query)["code"][0]
    refused = await browser.get(path.replace(code, "x" * len(code)))
    assert refused.status == 502
    assert "__Host-tocsin" not in browser.cookies


async def test_another_site_is_never_the_target(api: RunningApi, provider: OpenIdProvider):
    done = await Browser(api, provider).sign_in("a-1", "//evil.example.org/")
    assert done.location == "/"


async def test_without_a_code_somebody_is_told_that_he_was_not_let_in(
    api: RunningApi, provider: OpenIdProvider
):
    browser = Browser(api, provider)
    await browser.get("/sign-in/oidc")
    state = browser.cookies["__Host-tocsin-oidc"]
    refused = await browser.get(f"{CALLBACK}?error=access_denied&state={state}")
    assert refused.status == 403
    assert "did not let you in" in refused.text


async def test_nobody_fills_the_database_with_sign_ins_that_are_begun(
    api: RunningApi, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(oidc, "BEGUN_LIMIT", 0)
    refused = await Browser(api, provider).get("/sign-in/oidc")
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert oidc.TOO_OFTEN in refused.text


async def test_a_person_is_added_at_the_first_sign_in_where_that_is_set(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, provider: OpenIdProvider
):
    settings = {
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SECRET,
        "oidc_new_user_role": "viewer",
    }
    async with acting_api(servers, tmp_path_factory.mktemp("new"), **settings) as api:
        assert (await Browser(api, provider).sign_in("n-1")).status == 303
        assert (await Browser(api, provider).sign_in("n-1")).status == 303
        users = (await ConfigurationStore(api.store).tables()).of(User).values()
        (made,) = [one for one in users if one.username == "newcomer"]
        assert (made.name, made.role) == ("New Comer", "viewer")
