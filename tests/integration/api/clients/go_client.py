"""Asks as the Go client of OnCall's public API does: its slashes, its statuses, its errors, its pages."""

from __future__ import annotations

from typing import Any, TypeVar

from tests.integration.api.api_running import Reply, RunningApi
from tests.integration.api.clients import go_structs
from tests.integration.api.clients.go_structs import Struct

S = TypeVar("S", bound=Struct)
SUCCESS = (200, 201, 202, 204, 304)
# These are listed without the last slash; everything else has it.
WITHOUT_SLASH = (
    "teams",
    "escalation_policies",
    "routes",
    "webhooks",
    "actions",
    "user_groups",
    "slack_channels",
    "personal_notification_rules",
)
STRUCTS: dict[str, type[Struct]] = {
    "integrations": go_structs.Integration,
    "routes": go_structs.Route,
    "escalation_chains": go_structs.EscalationChain,
    "escalation_policies": go_structs.Escalation,
    "on_call_shifts": go_structs.OnCallShift,
    "schedules": go_structs.Schedule,
    "webhooks": go_structs.Webhook,
    "actions": go_structs.CustomAction,
    "personal_notification_rules": go_structs.UserNotificationRule,
    "users": go_structs.User,
    "teams": go_structs.Team,
    "user_groups": go_structs.UserGroup,
    "slack_channels": go_structs.SlackChannel,
    "alert_groups": go_structs.AlertGroup,
    "resolution_notes": go_structs.ResolutionNote,
}


class ClientError(Exception):
    """A status that is no success; its body was JSON, as the client needs it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.body}")
        self.status = reply.status
        self.body = reply.body


class GoClient:
    """The client with its token, towards one api; it follows no redirect and takes no status for another."""

    def __init__(self, api: RunningApi) -> None:
        self._api = api

    async def ask(self, method: str, path: str, body: Any = None, /, **query: str) -> Any:
        """Return the decoded body.

        Raises:
            ClientError: the status is no success.
        """
        headers = {"Accept": "application/json", "User-Agent": "terraform-provider-grafana"}
        headers |= {"X-Grafana-URL": "https://grafana.example.org"}
        reply = await self._api.ask(method, path, body, params=query, headers=headers)
        if reply.status not in SUCCESS:
            assert isinstance(reply.body, dict), reply
            raise ClientError(reply)
        return reply.body

    async def page(self, name: str, /, **query: str) -> tuple[list[Any], str | None]:
        """Return the objects of one page and its `next`."""
        slash = "" if name in WITHOUT_SLASH else "/"
        page = go_structs.Page.model_validate(await self.ask("GET", f"{name}{slash}", **query))
        return [STRUCTS[name].model_validate(one) for one in page.results], page.next

    async def all(self, name: str, /, **query: str) -> list[Any]:
        """Return the objects of all pages, counted until `next` is null."""
        found: list[Any] = []
        number = 1
        while True:
            rows, following = await self.page(name, **query, page=str(number))
            found += rows
            if following is None:
                return found
            number += 1

    async def one(self, name: str, /, **query: str) -> Any:
        """Return the only object that a filter finds, as data sources look things up."""
        rows, _ = await self.page(name, **query)
        assert len(rows) == 1, (name, query, rows)
        return rows[0]

    async def get(self, name: str, id: str) -> Any:
        return STRUCTS[name].model_validate(await self.ask("GET", f"{name}/{id}/"))

    async def create(self, name: str, body: dict[str, Any]) -> Any:
        return STRUCTS[name].model_validate(await self.ask("POST", f"{name}/", body))

    async def update(self, name: str, id: str, body: dict[str, Any]) -> Any:
        return STRUCTS[name].model_validate(await self.ask("PUT", f"{name}/{id}/", body))

    async def delete(self, name: str, id: str) -> None:
        await self.ask("DELETE", f"{name}/{id}/")

    async def exists(self, name: str, id: str) -> bool:
        """Whether a read finds it; exactly 404 is taken for gone."""
        try:
            await self.get(name, id)
        except ClientError as error:
            if error.status != 404:
                raise
            return False
        return True
