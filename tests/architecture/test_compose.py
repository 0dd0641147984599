"""The image and the compose file say what is true: valid, closed, and made of commands that exist."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from postcards.config import PREFIX, SETTINGS, load
from tests.architecture.tree import ROOT

BIN = Path(sys.executable).parent
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("far-is-close:")]


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_compose_file_fits_its_schema() -> None:
    done = _run(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_dockerfile_is_clean() -> None:
    done = _run(BIN / "hadolint", "--no-color", "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_the_parts_are_there() -> None:
    assert set(OURS) == {"web", "worker", "beat", "migrate"}
    assert set(SERVICES) - set(OURS) == {"database", "broker", "proxy"}


@pytest.mark.parametrize("service", OURS)
def test_a_service_starts_with_a_command_that_exists(service: str) -> None:
    done = _run(BIN / "postcards", *SERVICES[service]["command"], "--help")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_images_are_pinned_by_a_tag_that_names_a_version(service: str) -> None:
    tag = SERVICES[service]["image"].rpartition(":")[2]
    assert any(sign.isdigit() for sign in tag)


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["database"]["networks"] == SERVICES["broker"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_read_only_watched_and_started_again(service: str) -> None:
    settings = SERVICES[service]
    assert settings["read_only"] is True
    assert "healthcheck" in settings
    assert settings["restart"] == ("no" if service == "migrate" else "unless-stopped")


@pytest.mark.parametrize("service", OURS)
def test_our_services_have_no_privileges(service: str) -> None:
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]


def test_keys_are_kept_apart_from_the_database() -> None:
    keys = SERVICES["web"]["environment"]["POSTCARDS_KEYS_FILE"]
    mounts = dict(volume.split(":")[:2] for volume in SERVICES["web"]["volumes"])
    assert keys.startswith(mounts["keys"] + "/")
    assert not any(volume.startswith("keys:") for volume in SERVICES["database"]["volumes"])


def test_the_environment_is_made_of_settings_that_load(tmp_path: Path) -> None:
    """`docker/make-secrets` makes what the compose file mounts, and our own settings take it."""
    folder = tmp_path / "docker"
    folder.mkdir()
    shutil.copy(ROOT / "docker/make-secrets", folder)
    for _ in range(2):  # the second time it changes nothing
        subprocess.run([folder / "make-secrets"], check=True, capture_output=True, timeout=20)
        made = {path.name: path.read_text() for path in (folder / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700

    environ = {
        name: value.replace("/run/secrets", str(folder / "secrets"))
        .replace("${POSTCARDS_DOMAIN:?the host name that the cards will carry}", "post.example.org")
        .replace("${POSTCARDS_MAIL_FROM:-postcards@localhost}", "postcards@localhost")
        for name, value in SERVICES["web"]["environment"].items()
    }
    assert {name.removeprefix(PREFIX).removesuffix("_FILE") for name in environ} - {"KEYS"} <= set(SETTINGS)
    settings = load(environ)
    assert settings.public_url == "https://post.example.org"
    assert settings.database_url.endswith(f":{made['database_password']}@database:5432/postcards")
    assert settings.master_key == made["master_key"]
    assert not settings.is_test_address


def test_no_secret_is_written_in_the_compose_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("PASSWORD", "SECRET", "MASTER", "DATABASE_URL", "SMTP_URL")):
                assert value.startswith("/run/secrets/"), name
