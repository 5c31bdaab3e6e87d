"""The addresses of the pages about schedules, and which endpoint of the API does the same."""

from __future__ import annotations

from aiohttp import web

from services.api.console import schedule_forms, schedule_overrides, schedules
from services.api.console.schedules import EXPORTING, PATH
from services.api.console.visits import add_page

READING = ("GET", "schedules")
CHANGING = ("POST", "schedules")
OVERRIDING = ("POST", "schedules/{id}/overrides")
LAYERS = ("POST", "on_call_shifts")
OWN_CALENDAR = ("POST", "users/{id}/schedule_export_token")
SWAPPING = ("POST", "shift_swaps")


def add_routes(app: web.Application) -> None:
    """Serve them."""
    one = f"{PATH}/{{id}}"
    add_page(app, "GET", PATH, schedules.show_list, READING)
    add_page(app, "GET", f"{PATH}/new", schedule_forms.show_new, CHANGING)
    add_page(app, "POST", f"{PATH}/new", schedule_forms.create, CHANGING)
    add_page(app, "POST", f"{PATH}/my-calendar", schedule_forms.make_own_link, OWN_CALENDAR)
    add_page(app, "POST", f"{PATH}/my-calendar/remove", schedule_forms.remove_own_link, OWN_CALENDAR)
    add_page(app, "GET", one, schedules.show_schedule, READING)
    add_page(app, "GET", f"{one}/health", schedules.show_health, READING)
    add_page(app, "GET", f"{one}/edit", schedule_forms.show_edit, CHANGING)
    add_page(app, "POST", f"{one}/edit", schedule_forms.change, CHANGING)
    add_page(app, "POST", f"{one}/remove", schedule_forms.remove, CHANGING)
    add_page(app, "POST", f"{one}/overrides", schedule_overrides.add_override, OVERRIDING)
    override = f"{one}/overrides/{{override_id}}"
    add_page(app, "GET", override, schedule_overrides.show_override, OVERRIDING)
    add_page(app, "POST", override, schedule_overrides.change_override, OVERRIDING)
    add_page(app, "POST", f"{override}/remove", schedule_overrides.remove_override, OVERRIDING)
    add_page(app, "POST", f"{one}/swaps", schedule_overrides.ask_swap, SWAPPING)
    add_page(app, "POST", f"{one}/swaps/{{swap_id}}/take", schedule_overrides.take_swap, SWAPPING)
    add_page(app, "POST", f"{one}/swaps/{{swap_id}}/withdraw", schedule_overrides.withdraw_swap, SWAPPING)
    add_page(app, "GET", f"{one}/layers/new", schedule_forms.show_layer, LAYERS)
    add_page(app, "POST", f"{one}/layers/new", schedule_forms.save_layer, LAYERS)
    add_page(app, "GET", f"{one}/layers/{{shift_id}}", schedule_forms.show_layer, LAYERS)
    add_page(app, "POST", f"{one}/layers/{{shift_id}}", schedule_forms.save_layer, LAYERS)
    add_page(app, "POST", f"{one}/layers/{{shift_id}}/remove", schedule_forms.remove_layer, LAYERS)
    add_page(app, "POST", f"{one}/calendar-link", schedule_forms.make_link, EXPORTING)
    add_page(app, "POST", f"{one}/calendar-link/remove", schedule_forms.remove_link, EXPORTING)
