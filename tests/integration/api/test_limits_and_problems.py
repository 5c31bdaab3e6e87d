"""How often a token may ask, as headers and as refusals; refusals as problem details for who asks for those."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from services.api.specification import openapi
from tests.integration.api.api_running import RunningApi, an_api

pytestmark = pytest.mark.integration
PROBLEM = "application/problem+json"


async def test_every_answer_to_a_token_says_what_is_left(api: RunningApi):
    for path, status in (("info", 200), ("users/UNONE", 404), ("events?follow=false", 200)):
        reply = await api.ask("GET", path)
        assert reply.status == status
        left = int(reply.headers["RateLimit-Remaining"])
        assert left < int(reply.headers["RateLimit-Limit"])
        assert f"r={left};" in reply.headers["RateLimit"]
        assert reply.headers["RateLimit-Policy"].endswith("w=60")

    stranger = await api.ask("GET", "info", headers={"Authorization": "0" * 64})
    assert "RateLimit" not in stranger.headers


async def test_a_token_that_asks_too_often_waits_and_others_do_not(mongo_url: str, tmp_path: Path):
    async with an_api(mongo_url, tmp_path, api_requests_per_minute=3) as api:
        other = await api.new_token()
        replies = [await api.ask("GET", "info") for _ in range(4)]

        assert [one.status for one in replies] == [200, 200, 200, 429]
        late = replies[-1]
        assert list(late.body) == ["detail"]
        assert 1 <= int(late.headers["Retry-After"]) <= 20
        assert late.headers["RateLimit-Reset"] == late.headers["Retry-After"]
        assert late.headers["RateLimit-Remaining"] == "0"
        assert (await api.ask("GET", "info", headers={"Authorization": other})).status == 200


async def test_calls_and_messages_are_limited_for_themselves(mongo_url: str, tmp_path: Path):
    async with an_api(mongo_url, tmp_path, api_messages_per_minute=1) as api:
        body = {"email": "nobody@example.org", "message": "hello"}
        first, late = [await api.ask("POST", path, body) for path in ("send_sms", "make_call/")]

        assert (first.status, late.status) == (404, 429)
        assert int(late.headers["Retry-After"]) > 0
        assert late.headers["RateLimit-Policy"] == '"messages";q=1;w=60'
        assert (await api.ask("GET", "info")).status == 200


async def test_without_a_limit_nothing_is_said_of_one(mongo_url: str, tmp_path: Path):
    async with an_api(mongo_url, tmp_path, api_requests_per_minute=0) as api:
        assert "RateLimit" not in (await api.ask("GET", "info")).headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "users/UNONE", 404), ("POST", "users/", 400), ("GET", "nothing", 404), ("PUT", "users", 405)],
)
async def test_who_accepts_problem_details_gets_them(api: RunningApi, method: str, path: str, status: int):
    body = {} if method != "GET" else None
    url, headers = f"{api.url}/api/v1/{path}", {"Authorization": api.token, "Accept": PROBLEM}
    async with api.client.request(method, url, json=body, headers=headers) as answer:
        problem = await answer.json(content_type=PROBLEM)

    assert (answer.status, answer.content_type) == (status, PROBLEM)
    schemas = openapi()["components"]["schemas"]
    jsonschema.validate(problem, schemas["ProblemDetails"])
    assert problem["status"] == status
    plain = await api.ask(method, path, body)
    assert plain.headers["Content-Type"].startswith("application/json")
