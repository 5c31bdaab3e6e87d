"""What every answer tells browsers, errors and streams too; and how much of a request is read at all."""

from __future__ import annotations

import gzip

import pytest
from aiohttp import ClientSession

from services.api.console.sent_forms import FORM_FIELDS, FORM_LIMIT_BYTES
from tests.integration.api.acting_running import a_firing_group, a_person, message_of
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, by_token
from tests.integration.security.wire import raw_answer

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
# Method, address, who asks, status.
ANSWERS = (
    ("GET", "/alert-groups", "reader", 200),
    ("GET", "/alert-groups?page=x", "reader", 400),
    ("GET", "/alert-groups/INONE", "reader", 404),
    ("GET", "/audit", "reader", 403),
    ("GET", "/alert-groups", "stranger", 303),
    ("POST", "/alert-groups/actions/acknowledge", "reader", 403),
    ("DELETE", "/alert-groups", "reader", 405),
    ("GET", "/nothing/like/this", "stranger", 404),
    ("GET", "/live/groups", "reader", 200),
    ("GET", "/sign-in", "stranger", 200),
    ("POST", "/sign-in", "stranger", 401),
    ("POST", "/sign-out", "stranger", 303),
    ("GET", "/sign-in/oidc", "stranger", 404),
    ("GET", "/sign-in/oidc/callback", "stranger", 400),
    ("GET", "/assets/nothing.css", "stranger", 404),
    ("GET", "the style sheet", "stranger", 200),
    ("GET", "/act/none", "stranger", 403),
    ("GET", "a link that acts", "stranger", 200),
    ("GET", "/api/v1/openapi.yaml", "stranger", 200),
    ("GET", "/api/v1/teams", "stranger", 401),
    ("GET", "/api/v1/teams", "client", 200),
    ("GET", "/api/v1/teams/TNONE", "client", 404),
    ("POST", "/api/v1/teams", "client", 400),
    ("PUT", "/api/v1/teams", "client", 405),
    ("GET", "/api/v1/events", "client", 200),
    ("GET", "/api/v1/users/UNONE/schedule_export?token=x", "stranger", 403),
    ("POST", "/slack/interactive_api_endpoint", "stranger", 403),
    ("GET", "/healthz", "stranger", 200),
    ("GET", "/metrics", "stranger", 200),
)
STREAMED = {"/live/groups", "/live/pipeline", "/api/v1/events"}


def policy_of(text: str) -> dict[str, list[str]]:
    """Return the directives of a Content-Security-Policy."""
    parts = [one.split() for one in text.split(";") if one.strip()]
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize(("method", "address", "who", "status"), ANSWERS)
async def test_every_answer_has_the_headers_that_keep_browsers_from_misusing_it(
    api: RunningApi, method: str, address: str, who: str, status: int
):
    headers = {"Authorization": api.token} if who == "client" else {}
    if who == "reader":
        headers["Cookie"] = (await by_token(api, await a_person(api))).cookie
    path = await _path(api, address)
    # A session of its own: an endless answer is left by closing its connection.
    async with (
        ClientSession() as client,
        client.request(method, api.url + path, headers=headers, allow_redirects=False) as answer,
    ):
        told, got = answer.headers, answer.status
    policy = policy_of(told["Content-Security-Policy"])

    assert got == status
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert told["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    # Scripts come from our own files or not at all; objects and frames fall back to 'none'.
    assert policy.get("script-src", ["'self'"]) == ["'self'"]
    assert {"object-src", "frame-src", "worker-src", "script-src-elem", "script-src-attr"} & set(
        policy
    ) == set()
    if told.get("Content-Type", "").startswith("text/html") and who == "reader":
        assert policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert ("immutable" if address == "the style sheet" else "no-store") in told["Cache-Control"]


async def _path(api: RunningApi, address: str) -> str:
    if address == "the style sheet":
        page = await Browser(api).get("/sign-in")
        return "/assets/" + page.text.split('href="/assets/console.')[1].join(("console.", "")).split('"')[0]
    if address == "a link that acts":
        group, user = await a_firing_group(api), await a_person(api)
        message = message_of(api, group, user)
        return f"/act/{message.tickets['acknowledge']}"
    return address


async def test_a_form_that_is_too_large_or_has_too_many_fields_is_refused(api: RunningApi):
    browser = await by_token(api, await a_person(api, role="admin"))
    csrf = await browser.csrf()
    large = await browser.post("/teams", {"name": "x" * FORM_LIMIT_BYTES}, csrf=csrf)
    many = await browser.post("/teams", [("name", "x")] * (FORM_FIELDS + 1), csrf=csrf)
    stranger = await Browser(api).sign_in(username="x" * FORM_LIMIT_BYTES)

    assert (large.status, many.status, stranger.status) == (413, 400, 413)
    assert "larger than" in large.text


async def test_a_body_is_counted_as_it_comes_whatever_its_head_says_and_however_it_is_packed(api: RunningApi):
    limit = api.running.settings.max_body_bytes
    headers = {"Authorization": api.token, "Content-Type": "application/json"}

    async def chunks():
        for _ in range(limit // 65_536 + 2):
            yield b" " * 65_536

    url = f"{api.url}/api/v1/teams"
    async with api.client.post(url, data=chunks(), headers=headers) as answer:
        chunked = answer.status
    packed = gzip.compress(b" " * (2 * limit))
    async with api.client.post(url, data=packed, headers={**headers, "Content-Encoding": "gzip"}) as answer:
        bomb = answer.status
    async with api.client.post(url, data=b"[" * 100_000, headers=headers) as answer:
        nested = answer.status

    assert len(packed) < limit
    assert (chunked, bomb, nested) == (413, 413, 400)


@pytest.mark.parametrize(
    "request_of",
    [
        "GET /sign-in?next=/{long} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\nCookie: a={long}\r\nConnection: close\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\n{long}: a\r\nConnection: close\r\n\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\n{many}Connection: close\r\n\r\n",
    ],
)
async def test_a_head_that_is_too_long_is_refused_and_the_next_request_answered(
    api: RunningApi, request_of: str
):
    many = "".join(f"X-{number}: a\r\n" for number in range(20_000))
    status, _ = await raw_answer(api, request_of.format(long="x" * 70_000, many=many))
    assert status in (400, 414, 431)
    assert (await Browser(api).get("/sign-in")).status == 200


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /audit HTTP/1.1\r\nHost: x\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Content-Length: +5\r\n\r\nhello",
        "X: a\r\n folded: b\r\nContent-Length: 0\r\n\r\n",
        "Content Length: 0\r\n\r\n",
    ],
)
async def test_a_request_that_two_servers_could_read_differently_is_refused(api: RunningApi, head: str):
    """Otherwise a proxy in front could be made to take the end of one request for the next one of somebody else."""
    request = f"POST /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}"
    status, answered = await raw_answer(api, request)
    assert status == 400
    assert answered.count(b"HTTP/1.") == 1
