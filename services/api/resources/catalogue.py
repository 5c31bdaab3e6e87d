"""Every kind of configuration object that the public API serves."""

from __future__ import annotations

from typing import Any

from services.api.resources.chains import CHAINS
from services.api.resources.custom_actions import CUSTOM_ACTIONS
from services.api.resources.desk import Resource
from services.api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.maintenance_windows import MAINTENANCE_WINDOWS
from services.api.resources.on_call_shifts import SHIFTS
from services.api.resources.routes import ROUTES
from services.api.resources.rules import RULES
from services.api.resources.schedules import SCHEDULES
from services.api.resources.shift_swaps import SWAPS
from services.api.resources.slack_directory import SLACK_CHANNELS, USER_GROUPS
from services.api.resources.steps import STEPS
from services.api.resources.teams import TEAMS
from services.api.resources.users import USERS
from services.api.resources.webhooks import WEBHOOKS

RESOURCES: tuple[Resource[Any, Any], ...] = (
    INTEGRATIONS,
    ROUTES,
    CHAINS,
    STEPS,
    USERS,
    RULES,
    WEBHOOKS,
    CUSTOM_ACTIONS,
    EVENT_SUBSCRIPTIONS,
    MAINTENANCE_WINDOWS,
    TEAMS,
    USER_GROUPS,
    SLACK_CHANNELS,
    SCHEDULES,
    SHIFTS,
    SWAPS,
)
