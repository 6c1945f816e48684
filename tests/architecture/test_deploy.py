"""The container files are kept true: linted, and they name only settings that exist.

Nothing here starts a container.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.architecture import tree

from handstamp.plumbing.config import Settings

LINTER = tree.ROOT / "tools" / "lint_dockerfile.mjs"
OF_COMMANDS = {"HANDSTAMP_HOST"}  # options of `serve`, not settings


def known_settings() -> set[str]:
    """Return the environment variables that mean something."""
    return OF_COMMANDS | {
        field.alias or f"HANDSTAMP_{name.upper()}" for name, field in Settings.model_fields.items()
    }


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(tree.ROOT / "docker-compose.yml")
    return loaded


def lint(dockerfile: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(LINTER), str(dockerfile)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tree.ROOT,
    )


def test_the_dockerfile_is_clean() -> None:
    done = lint(tree.ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_finds_faults(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nCOPPY here there\nEXPOSE many\n")
    done = lint(bad)
    assert done.returncode == 1
    assert done.stdout.count("\n") >= 2


def test_the_image_takes_only_files_that_exist() -> None:
    for line in (tree.ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (tree.ROOT / source).exists(), source


def test_the_stack_follows_the_compose_schema() -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "check-jsonschema"),
            "--builtin-schema",
            "vendor.compose-spec",
            str(tree.ROOT / "docker-compose.yml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_stack_is_whole(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {"proxy", "server", "worker", "migrate", "database", "mail"} == {*services}
    for name, service in services.items():
        assert ("build" in service) or re.search(r":[\w.-]+$", service["image"]), name
        assert {*service.get("depends_on", {})} <= {*services}
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (
                (tree.ROOT / source).exists() if source[0] == "." else source in compose["volumes"]
            )
    published = {name for name, service in services.items() if "ports" in service}
    assert published == {"proxy", "mail"}
    assert all(port.startswith("127.0.0.1:") for port in services["mail"]["ports"])


def test_the_stack_names_only_settings_that_exist(compose: dict[str, Any]) -> None:
    named = {
        variable
        for service in compose["services"].values()
        for variable in service.get("environment", {})
        if variable.startswith(("HANDSTAMP_", "ENABLE_", "STRIPE_", "TICKET_"))
    }
    image = re.findall(r"\b(HANDSTAMP_\w+)=", (tree.ROOT / "Dockerfile").read_text())
    assert len(named) > 5
    assert (named | {*image}) - known_settings() == set()


def test_only_the_migration_is_the_owner_of_the_tables(compose: dict[str, Any]) -> None:
    owners = {
        name
        for name, service in compose["services"].items()
        if "handstamp_owner:" in service.get("environment", {}).get("HANDSTAMP_DATABASE_URL", "")
    }
    assert owners == {"migrate"}


def test_what_talks_to_stripe_reaches_the_outside(compose: dict[str, Any]) -> None:
    networks = {name: {*service["networks"]} for name, service in compose["services"].items()}
    assert "outside" in networks["server"] & networks["worker"]
    assert networks["database"] == networks["migrate"] == {"inside"}


def test_no_secret_has_a_default() -> None:
    text = (tree.ROOT / "docker-compose.yml").read_text()
    for secret in (
        "HANDSTAMP_SECRET",
        "METRICS_TOKEN",
        "POSTGRES_PASSWORD",
        "OWNER_PASSWORD",
        "APP_PASSWORD",
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "STRIPE_CONNECT_WEBHOOK_SECRET",
    ):
        uses = re.findall(r"\$\{" + secret + r"([^}]*)\}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses), secret
        assert f"\n{secret}=\n" in (tree.ROOT / "deploy" / "example.env").read_text()
