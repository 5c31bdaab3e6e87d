"""A house with something on every page of the console: what pictures and checks of all pages begin with."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
from playwright.async_api import Page

from shared import clock
from tests.e2e.story import AM_TOKEN, WEB_TOKEN, Caller, calling
from tests.support.endpoints import pages
from tests.support.poison import poison
from tests.support.stack import Stack

# Nobody listens at port 9, so that webhooks and subscriptions have an error to show.
CONFIGURATION = f"""
users:
  - {{username: alice, role: admin, email: alice@example.org,
     rules: {{default: [notify_by_email], important: [notify_by_email]}}}}
  - {{username: bob, email: bob@example.org, rules: {{default: [notify_by_email]}}}}
  - {{username: carol, email: carol@example.org}}
teams:
  - {{name: Databases, email: databases@example.org, members: [alice, bob]}}
webhooks:
  - {{name: open a ticket, url: "http://127.0.0.1:9/tickets", http_method: POST, trigger_type: escalation}}
event_subscriptions:
  - {{name: bot, url: "http://127.0.0.1:9/events"}}
schedules:
  - name: Primary
    time_zone: Europe/Berlin
    shifts:
      - {{name: Week by week, type: rolling_users, start: "2026-01-05T09:00:00", duration: 7d, frequency: weekly,
         week_start: MO, rolling_users: [alice, bob]}}
      - {{name: Nights, type: rolling_users, level: 1, start: "2026-01-05T20:00:00", duration: 10h,
         frequency: daily, by_day: [MO, TU, WE, TH], rolling_users: [carol, alice]}}
  - name: Office hours
    time_zone: Europe/Berlin
    shifts:
      - {{name: Days, type: rolling_users, start: "2026-01-05T09:00:00", duration: 8h, frequency: daily,
         by_day: [MO, TU, WE, TH, FR], rolling_users: [[bob, carol]]}}
chains:
  - name: On call, then everybody
    steps:
      - {{type: notify_on_call_from_schedule, notify_on_call_from_schedule: Primary}}
      - {{type: trigger_webhook, action_to_trigger: open a ticket}}
      - {{type: wait, duration: 15m}}
      - {{type: notify_persons, persons_to_notify: [bob, carol], important: true}}
      - repeat_escalation
integrations:
  - name: Prometheus
    type: alertmanager
    token: {AM_TOKEN}
    labels: {{team: db}}
    heartbeat: {{timeout: 10m}}
    routes:
      - {{jinja2: "{{{{ payload.commonLabels.severity == 'info' }}}}"}}
    default_route: {{chain: "On call, then everybody"}}
  - name: Anything
    type: webhook
    token: {WEB_TOKEN}
    dynamic_labels: {{service: "{{{{ payload.service }}}}"}}
    templates: {{sms: {{title: "{{{{ payload.title.nothing.at.all }}}}"}}}}
    routes:
      - {{labels: {{service: test}}}}
    default_route: {{chain: "On call, then everybody"}}
maintenance:
  - {{name: Sunday upgrades, mode: maintenance, starts_at: "2026-03-08 02:00", duration: 2h,
     rrule: FREQ=WEEKLY;BYDAY=SU, integrations: [Prometheus]}}
"""
ALERTS = (
    ("Disk of db1 is full", "db"),
    ("Queue of orders grows", "orders"),
    ("Certificate of shop expires", "shop"),
    ("Latency of search is high", "search"),
    ("Replication of db2 lags", "db"),
)
# Parts of pages and streams: they are seen within the pages.
PARTS = frozenset(
    {
        "/alert-groups/{id}/row",
        "/integrations/{id}/first-alert",
        "/live/groups",
        "/live/pipeline",
        "/pipeline/stages",
        "/schedules/{id}/health",
    }
)


def whole_pages() -> set[str]:
    """Return the templates of all pages that somebody signed in can look at; the start leads to one of them."""
    return {path for method, path in pages() if method == "GET"} - PARTS - {"/"}


async def furnish(stack: Stack) -> None:
    """Let alerts arrive and people act on them; `CONFIGURATION` has been applied."""
    await _alerts(stack)
    async with calling(stack) as api:
        groups = {title: await api.the_group("firing", title) for title, _ in ALERTS}
        for title, act, body in (
            (ALERTS[1][0], "acknowledge", None),
            (ALERTS[2][0], "silence", {"delay": 3600}),
            (ALERTS[4][0], "resolve", None),
        ):
            await api.post(f"/api/v1/alert_groups/{groups[title]['id']}/{act}", body)
        await _on_call(api)
        integrations = (await api.get("/api/v1/integrations/"))["results"]
    await poison(stack.environment["TOCSIN_AMQP_URL"], integrations[0]["id"], {"title": "Orders are late"})
    while not (await stack.command("deadletter", "list", "-q")).strip():
        await asyncio.sleep(0.1)


async def password_link(page: Page, url: str) -> str:
    """Make a link with which Carol sets her password, in the window of an admin; return its path."""
    await page.goto(f"{url}/users")
    await page.get_by_role("link", name="carol").first.click()
    await page.get_by_role("button", name="Give a first password").click()
    return (await page.locator("code.secret").inner_text()).removeprefix(url)


async def _alerts(stack: Stack) -> None:
    url = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    async with aiohttp.ClientSession() as client:
        for number, (title, service) in enumerate(ALERTS):
            body: dict[str, Any] = {
                "alert_uid": str(number),
                "title": title,
                "service": service,
                "message": "**97 %** for 5 minutes",
            }
            async with client.post(url, json=body) as answer:
                assert answer.status in (200, 202), await answer.text()


async def _on_call(api: Caller) -> None:
    """Have overrides and a swap in what the schedules show of this week."""
    schedules = (await api.get("/api/v1/schedules/"))["results"]
    users = {one["username"]: one["id"] for one in (await api.get("/api/v1/users/"))["results"]}
    by_name = {one["name"]: one["id"] for one in schedules}
    now = clock.now()

    def hours(count: int) -> str:
        return (now + timedelta(hours=count)).isoformat()

    override = {"users": [users["carol"]], "start": hours(1), "end": hours(5), "name": "Dentist"}
    swap = {
        "schedule": by_name["Primary"],
        "beneficiary": users["bob"],
        "swap_start": hours(24),
        "swap_end": hours(48),
        "description": "A wedding",
    }
    for schedule in by_name.values():
        await _made(api, f"/api/v1/schedules/{schedule}/overrides", override)
    await _made(api, "/api/v1/shift_swaps/", swap)


async def _made(api: Caller, path: str, body: dict[str, Any]) -> None:
    async with api.client.post(api.url + path, json=body) as answer:
        assert answer.status == 201, await answer.text()
