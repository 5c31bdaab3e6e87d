"""The pages of people and what is theirs: users, rules, contact points, tests, access, and who changed what."""

from __future__ import annotations

from aiohttp import web

from services.api.console import (
    audit,
    chat_connections,
    insights,
    own_access,
    password_links,
    people,
    person_forms,
    person_page,
    rule_forms,
    settings,
    teams,
    tokens,
    webhook_forms,
    webhooks,
)
from services.api.console.visits import add_page

READING = ("GET", "users")
RULES = ("POST", "personal_notification_rules")


def add_routes(app: web.Application) -> None:
    """Serve them on the api's application."""
    add_page(app, "GET", "/users", people.show_people, READING)
    add_page(app, "POST", "/users", people.create_person, people.CREATING)
    add_page(app, "POST", "/theme", own_access.choose_theme, "viewer")
    _add_person(app)
    add_page(app, "GET", "/tokens", tokens.show_tokens, "viewer")
    add_page(app, "POST", "/tokens", tokens.create_token, "viewer")
    add_page(app, "POST", "/tokens/{id}/revoke", tokens.revoke_token, "viewer")
    add_page(app, "GET", insights.PATH, insights.show_insights, ("GET", "alert_groups"))
    add_page(app, "GET", audit.PATH, audit.show_audit, audit.READING)
    add_page(app, "GET", settings.PATH, settings.show_settings, ("GET", "info"))
    add_page(app, "GET", chat_connections.PATH, chat_connections.show_connections, ("GET", "info"))
    _add_teams(app)
    _add_webhooks(app)


def _add_teams(app: web.Application) -> None:
    one = f"{teams.PATH}/{{id}}"
    add_page(app, "GET", teams.PATH, teams.show_teams, ("GET", "teams"))
    add_page(app, "POST", teams.PATH, teams.create_team, teams.CREATING)
    add_page(app, "POST", one, teams.change_team, teams.CHANGING)
    add_page(app, "POST", f"{one}/remove", teams.remove_team, teams.REMOVING)


def _add_webhooks(app: web.Application) -> None:
    one, reading = f"{webhooks.PATH}/{{id}}", ("GET", "webhooks")
    add_page(app, "GET", webhooks.PATH, webhooks.show_webhooks, reading)
    add_page(app, "POST", webhooks.PATH, webhook_forms.create_webhook, webhooks.CREATING)
    add_page(app, "GET", f"{webhooks.PATH}/new", webhooks.show_new, webhooks.CREATING)
    add_page(app, "GET", one, webhooks.show_webhook, reading)
    add_page(app, "POST", one, webhook_forms.change_webhook, webhooks.CHANGING)
    add_page(app, "POST", f"{one}/remove", webhook_forms.remove_webhook, ("DELETE", "webhooks/{id}"))
    add_page(app, "POST", f"{one}/preview", webhook_forms.preview_webhook, ("POST", "webhooks/{id}/preview"))
    add_page(app, "POST", f"{one}/trigger", webhook_forms.call_webhook, webhooks.CALLING)
    add_page(
        app, "POST", f"{one}/secret", webhook_forms.renew_secret, ("POST", "webhooks/{id}/rotate_secret")
    )


def _add_person(app: web.Application) -> None:
    one = "/users/{id}"
    add_page(app, "GET", one, person_page.show_person, READING)
    add_page(app, "POST", one, person_forms.change_profile, person_page.CHANGING)
    add_page(app, "POST", f"{one}/remove", person_forms.remove_person, ("DELETE", "users/{id}"))
    add_page(app, "POST", f"{one}/time-zone", person_forms.choose_time_zone, "viewer")
    reminders = ("PUT", "users/{id}/on_call_reminders")
    add_page(app, "POST", f"{one}/reminders", person_forms.choose_reminders, reminders)
    trial = ("POST", "users/{id}/test_notification")
    add_page(app, "POST", f"{one}/test", person_forms.send_test, trial)
    add_page(app, "POST", f"{one}/password", own_access.change_password, "viewer")
    changing = person_page.CHANGING
    add_page(app, "POST", f"{one}/password/remove", password_links.remove_password, changing)
    add_page(app, "POST", f"{one}/password-link", password_links.make_link, changing)
    add_page(app, "POST", f"{one}/password-link/remove", password_links.take_link_back, changing)
    add_page(app, "POST", f"{one}/sessions/end", own_access.end_session, "viewer")
    adding = ("POST", "users/{id}/contact_points")
    point = f"{one}/contact-points/{{point_id}}"
    add_page(app, "POST", f"{one}/contact-points", person_forms.add_contact, adding)
    add_page(app, "POST", f"{point}/code", person_forms.send_code, adding)
    add_page(app, "POST", f"{point}/verify", person_forms.verify, adding)
    add_page(app, "POST", f"{point}/remove", person_forms.remove_contact, adding)
    rule = f"{one}/rules/{{rule_id}}"
    add_page(app, "POST", f"{one}/rules", rule_forms.add_rule, RULES)
    add_page(app, "POST", rule, rule_forms.change_rule, RULES)
    add_page(app, "POST", f"{rule}/move", rule_forms.move_rule, RULES)
    add_page(app, "POST", f"{rule}/remove", rule_forms.remove_rule, RULES)
