"""Where a browser is sent, and which file or host an address may name: never what a stranger wrote into it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.api.acting_running import a_firing_group, a_person
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.integration.console.browsing import Answer, Browser, by_token
from tests.integration.security.wire import raw_answer

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "HTTPS:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\n/evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "/fine\r\nSet-Cookie: planted=1",
    "/fine\nLocation: https://evil.example",
    "evil.example",
    "@evil.example",
    "//[",
    "http://[",
    "//a\u2100b.example",
    "/\u2028/evil.example",
    "",
    "/" + "x" * 9_000,
)
# They stay here: the path is odd, but browsers keep the host.
ODD_BUT_OURS = ("/%2f%2fevil.example", "/.//evil.example", "/a?next=//evil.example", "/%0d%0aSet-Cookie:x")
TRAVERSALS = (
    "../sign_in.html",
    "..%2f..%2frendering.py",
    "%2e%2e/%2e%2e/rendering.py",
    "..%5c..%5crendering.py",
    "....//rendering.py",
    "%252e%252e%252frendering.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "vendor/htmx.min.js",
    "console.css%00.svg",
    "console.css",
    "",
)


def is_ours(location: str) -> bool:
    """Whether a browser that is sent there stays: a path alone, after what browsers leave out and take for a slash."""
    cleaned = "".join(one for one in location.strip() if one not in "\t\r\n\x00").replace("\\", "/")
    return cleaned.startswith("/") and not cleaned.startswith("//") and "planted" not in location


async def session(api: RunningApi, role: str = "admin") -> Browser:
    return await by_token(api, await a_person(api, role=role))


@pytest.mark.parametrize("target", [*ELSEWHERE, *ODD_BUT_OURS])
async def test_no_parameter_sends_a_browser_to_another_site(api: RunningApi, target: str):
    user = await a_person(api)
    token = await api.new_token(user_id=user.id)
    signed_in = await Browser(api).sign_in(token=token, next=target)
    # What is longer than a request's first line may be is refused before anything looks at it.
    form = await Browser(api).get(f"/sign-in?next={quote(target[:2000])}")
    browser = await by_token(api, user)
    theme = await browser.post("/theme", {"theme": "dark", "back": target})
    sent: list[Answer] = [signed_in, theme]

    assert [one.status for one in sent] == [303, 303]
    assert form.status == (400 if "\x00" in target else 200)
    for one in sent:
        assert is_ours(one.location), one.location
        assert "planted" not in str(one.headers)
        assert one.location == (target if target in ODD_BUT_OURS else "/")
    is_short = len(target) < 2000
    assert (
        form.status == 400
        or f'name="next" value="/{"" if target in ELSEWHERE and is_short else target[1:2000]}' in form.text
    )


async def test_a_form_goes_back_to_a_page_of_ours_whatever_the_browser_says_it_came_from(api: RunningApi):
    browser, path, found = await session(api), "/alert-groups/actions/acknowledge", {}
    csrf = await browser.csrf()
    for target in ELSEWHERE:
        referrer = target.encode("ascii", "ignore").decode()[:2000]
        asked = [({"back": target}, {})]
        asked += [({}, {"Referer": referrer})] if referrer.isprintable() else []
        for fields, headers in asked:
            answer = await browser.post(path, {"id": "INONE", **fields}, csrf=csrf, **headers)
            if answer.status != 303 or not is_ours(answer.location):
                found[target, bool(headers)] = (answer.status, answer.location)
    assert found == {}


async def test_a_form_without_scripts_goes_back_with_the_filters_of_its_page(api: RunningApi):
    group, browser = await a_firing_group(api), await session(api)
    page = "/alert-groups?state=firing&label=a:b"
    done = await browser.post("/alert-groups/actions/acknowledge", {"id": group.id}, Referer=api.url + page)
    policy = (await browser.get(page)).headers["Referrer-Policy"]

    assert (done.status, done.location) == (303, page)
    # With "no-referrer" no browser would say where its reader was, and none would come back there.
    assert policy == "same-origin"


async def test_a_page_that_is_asked_for_without_a_session_is_come_back_to_and_nothing_else(api: RunningApi):
    for asked in ("/users?q=//evil.example", "/users?next=https://evil.example", "/users?%0d%0aX-Planted:1"):
        answer = await Browser(api).get(asked)
        assert answer.status == 303
        assert answer.location.startswith("/sign-in?next=%2Fusers%3F")
        assert "X-Planted" not in answer.headers


@pytest.mark.parametrize("name", TRAVERSALS)
async def test_no_name_of_an_asset_leads_to_another_file(api: RunningApi, name: str):
    """As bytes on the wire: a client library would tidy the path up before it is sent."""
    status, body = await raw_answer(
        api, f"GET /assets/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert status in (404, 400)
    assert b"root:" not in body
    assert b"CONTENT_SECURITY_POLICY" not in body
    assert b"htmx" not in body


async def test_a_secret_that_names_a_file_or_a_variable_is_not_read_by_the_server(
    api: RunningApi, tmp_path: Path
):
    """Only the command line resolves references, where it runs: here they would give away what the api can read."""
    secret = tmp_path / "secret"
    secret.write_text("the content of a file")
    for reference in (
        f"${{file:{secret}}}",
        "${file:/etc/passwd}",
        "${env:TOCSIN_SECRET_KEY}",
        "${env:PATH}",
    ):
        webhook = {"name": "t", "url": "https://t.example.org", "password": reference}
        reply = await api.ask("POST", "config/apply", {"webhooks": [webhook]})
        assert reply.status == 400, reply
        assert "the content of a file" not in str(reply.body)
    assert (await api.get("webhooks/"))["count"] == 0


async def test_links_that_go_out_name_our_own_address_whatever_host_a_request_names(api: RunningApi):
    user = await a_person(api, role="admin")
    browser = await by_token(api, user)
    hosts = {"Host": "evil.example", "X_Forwarded_Host": "evil.example", "Forwarded": "host=evil.example"}
    schedule = await api.post("schedules/", name="primary", type="web")
    token = await api.new_token(user_id=user.id)
    asked = {name.replace("_", "-"): value for name, value in hosts.items()}
    link = await api.ask(
        "POST", f"schedules/{schedule['id']}/export_token", {}, headers={**asked, "Authorization": token}
    )
    made = await browser.post(f"/schedules/{schedule['id']}/calendar-link", **hosts)
    pages = [
        await browser.get(path, **hosts) for path in ("/alert-groups", "/users", "/settings", "/sign-in")
    ]
    integration = await api.ask("POST", "integrations/", {"type": "webhook", "name": "n"}, headers=asked)

    assert link.body["export_url"].startswith(f"{PUBLIC}/")
    assert PUBLIC in made.text
    for text in (str(integration.body), made.text, str(link.body), *(one.text for one in pages)):
        assert "evil.example" not in text
