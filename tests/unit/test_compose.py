"""docker-compose.yml against the code: what is deployed is what exists, under the names that are read."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.servers import Servers
from deploy.local.surroundings import Surroundings, service_names
from shared.config import Settings

ROOT = Path(__file__).parents[2]
SERVERS = {"rabbitmq", "mongodb", "gateway", "mail-gateway", "prometheus"}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DEPLOYED = sorted(set(COMPOSE["services"]) - SERVERS)


def test_every_service_is_deployed_and_nothing_that_does_not_exist():
    assert service_names() == DEPLOYED


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_service_runs_its_own_package_from_the_one_image(name: str):
    service = COMPOSE["services"][name]

    assert service["command"] == ["python", "-m", f"services.{name}"]
    assert service["image"] == COMPOSE["x-service"]["image"]


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_service_can_be_scaled(name: str):
    service = COMPOSE["services"][name]

    assert not {"ports", "container_name", "hostname"} & set(service)


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_everything_is_watched_restarted_and_limited(name: str):
    service = COMPOSE["services"][name]

    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    assert service["mem_limit"]


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_environment_name_is_one_that_the_service_reads(name: str):
    given = COMPOSE["services"][name]["environment"]

    assert set(given) <= read_by(name)


def test_make_run_gives_each_service_only_names_that_it_reads(tmp_path: Path):
    around = Surroundings(tmp_path, Servers("amqp://b/", "mongodb://d/tocsin", None, False), outside={})

    for job in around.jobs():
        if job.name in DEPLOYED:
            given = {name for name in job.environment if name.startswith("TOCSIN_")}
            assert given <= read_by(job.name)


def test_the_caller_of_make_run_can_use_a_mail_server_of_their_own(tmp_path: Path):
    servers = Servers("amqp://b/", "mongodb://d/tocsin", None, False)
    outside = {"TOCSIN_SMTP_HOST": "mail.example.org", "TOCSIN_SLACK_BOT_TOKEN": "xoxb-real"}

    around = Surroundings(tmp_path, servers, outside)

    assert around.shared["TOCSIN_SMTP_HOST"] == "mail.example.org"
    assert "TOCSIN_SLACK_API_URL" not in around.shared
    assert "catcher" not in {job.name for job in around.jobs()}


def test_the_secret_key_of_make_run_is_kept_and_only_its_owner_can_read_it(tmp_path: Path):
    servers = Servers("amqp://b/", "mongodb://d/tocsin", None, False)

    first = Surroundings(tmp_path, servers, outside={}).shared["TOCSIN_SECRET_KEY"]
    second = Surroundings(tmp_path, servers, outside={}).shared["TOCSIN_SECRET_KEY"]

    assert first == second
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_servers_are_the_promised_ones_and_keep_their_data():
    rabbitmq, mongodb = COMPOSE["services"]["rabbitmq"], COMPOSE["services"]["mongodb"]

    assert rabbitmq["image"] == "rabbitmq:4-management"
    assert mongodb["image"] == "mongo:8"
    assert "--replSet" in mongodb["command"]
    assert {"rabbitmq:/var/lib/rabbitmq", "mongodb:/data/db"} <= {*rabbitmq["volumes"], *mongodb["volumes"]}


def test_every_mounted_file_exists():
    mounts = [volume for service in COMPOSE["services"].values() for volume in service.get("volumes", [])]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]

    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_receivers_share_the_volume_of_their_spools():
    assert "spool:/data" in COMPOSE["services"]["receiver"]["volumes"]
    assert COMPOSE["services"]["receiver"]["environment"]["TOCSIN_DATA_DIR"] == "/data"


def test_prometheus_scrapes_every_service():
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"][0]

    assert sorted(scraped["dns_sd_configs"][0]["names"]) == DEPLOYED


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)

    assert users
    assert users[-1] not in ("root", "0")


def test_compose_itself_accepts_the_file():
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("docker compose is not installed")

    done = subprocess.run([docker, "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def read_by(service: str) -> set[str]:
    """The environment names that a service's settings know."""
    settings: type[Settings] = importlib.import_module(f"services.{service}.service").service.settings
    return {f"TOCSIN_{field.upper()}" for field in settings.model_fields}
