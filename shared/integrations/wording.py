"""Texts of templates that several types share."""

from __future__ import annotations

from shared.domain.configuration import Templates

# A bold link with number and title, the integration, and a link to the source when there is one.
SLACK_TITLE = (
    '*<{{ grafana_oncall_link }}|#{{ grafana_oncall_incident_id }} {{ (web_title or "Alert") | prose("slack") }}>*'
    " via {{ integration_name }}"
    '{% if source_link.startswith(("http://", "https://")) %} (*<{{ source_link }}|source>*){% endif %}'
)
JSON_FENCE = "```\n{{ payload | tojson_pretty }}\n```"
JSON_TELEGRAM = "<code>{{ payload | tojson_pretty }}</code>"
STATE_OK = '{{ payload.state | upper == "OK" }}'


def medium(title: str, message: str, image_url: str | None = None) -> dict[str, str | None]:
    """Return the three parts of a medium."""
    return {"title": title, "message": message, "image_url": image_url}


def shown(title: str, message: str, telegram_message: str, image_url: str | None = None) -> Templates:
    """Return the appearance templates of a type whose title is the same in every medium."""
    return {
        "web": medium(title, message, image_url),
        "slack": medium(SLACK_TITLE, message, image_url),
        "telegram": medium(title, telegram_message, image_url),
    }
