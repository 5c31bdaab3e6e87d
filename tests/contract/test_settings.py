"""Names of settings, wherever they are written: pydantic-settings ignores a misspelt one without a word."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from deploy.local.surroundings import service_names
from shared.command.settings import CommandSettings
from shared.config import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CLASSES: dict[str, type[Settings]] = {
    name: importlib.import_module(f"services.{name}.service").service.settings for name in service_names()
}
NAME = re.compile(r"\bTOCSIN_[A-Z0-9_]+\b")
# Read by something that is not a service: compose's own ports and tag, make run, the command line, the test suite.
OTHERS = {
    "TOCSIN_VERSION",
    "TOCSIN_API_PORT",
    "TOCSIN_INGEST_PORT",
    "TOCSIN_MAIL_PORT",
    "TOCSIN_HOME",
    "TOCSIN_TEST_CLOCK",
    "TOCSIN_TEST_DEEP",
    "TOCSIN_RABBITMQ_MANAGEMENT_URL",
    # names that the examples give secrets of theirs
    "TOCSIN_HEARTBEAT_URL",
    "TOCSIN_URL",
}
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "services").glob("*/README.md"),
        *(one for one in (ROOT / "deploy").rglob("*") if one.suffix in (".yml", ".yaml", ".conf", ".md")),
        ROOT / "docker-compose.yml",
    ]
)


def names_of(settings: type[BaseSettings]) -> set[str]:
    """Return the environment names that a class reads."""
    return {f"TOCSIN_{field.upper()}" for field in settings.model_fields}


KNOWN = {name for settings in (CommandSettings, *CLASSES.values()) for name in names_of(settings)}


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) & set(CLASSES)))
def test_a_deployed_service_is_given_only_names_that_it_reads(name: str):
    given = {one for one in COMPOSE["services"][name]["environment"] if one.startswith("TOCSIN_")}

    assert given - names_of(CLASSES[name]) == set()
    assert {"TOCSIN_AMQP_URL", "TOCSIN_MONGO_URL", "TOCSIN_SECRET_KEY", "TOCSIN_DATA_DIR"} <= given


@pytest.mark.parametrize("block", [name for name in COMPOSE if name.startswith("x-")])
def test_a_shared_block_of_compose_has_only_names_that_somebody_reads(block: str):
    given = COMPOSE[block].get("environment", COMPOSE[block])

    assert {one for one in given if one.startswith("TOCSIN_")} - KNOWN == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_a_name_that_is_written_down_is_one_that_is_read(document: Path):
    written = set(NAME.findall(document.read_text())) - KNOWN - OTHERS
    # TOCSIN_SMTP_* stands for all that begin so.
    families = {one for one in written if one.endswith("_") and any(name.startswith(one) for name in KNOWN)}

    assert written - families == set()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_service_reads_nothing_without_the_prefix(name: str):
    assert CLASSES[name].model_config["env_prefix"] == "TOCSIN_"
    assert set(Settings.model_fields) <= set(CLASSES[name].model_fields)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_service_starts_with_no_setting_at_all(name: str, monkeypatch: pytest.MonkeyPatch):
    for one in names_of(CLASSES[name]):
        monkeypatch.delenv(one, raising=False)

    assert CLASSES[name]().instance_name


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_no_secret_is_printed(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TOCSIN_AMQP_URL", "amqp://tocsin:s3cr3t@broker:5672/")
    monkeypatch.setenv("TOCSIN_MONGO_URL", "mongodb://tocsin:s3cr3t@database:27017/tocsin")
    secrets = [one for one, field in CLASSES[name].model_fields.items() if field.annotation is SecretStr]
    for one in secrets:
        monkeypatch.setenv(f"TOCSIN_{one.upper()}", "s3cr3t")

    settings = CLASSES[name]()

    assert "s3cr3t" in settings.amqp_url.get_secret_value().unicode_string()
    assert {"secret_key", "smtp_password", "slack_bot_token", "slack_signing_secret"} <= set(secrets)
    assert "s3cr3t" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
