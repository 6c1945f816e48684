"""Dashboard and alerts under deploy/ are of metrics that the running application has."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from ruamel.yaml import YAML
from tests.architecture import tree
from tests.factories.orders import make_paid_order, make_sale
from tests.factories.pool_members import make_offer_of_pool, make_paid, make_served

from handstamp.events.models import Event
from handstamp.kit.clock import DAY, FakeClock
from handstamp.plumbing.web import Services
from handstamp.pool.models import PoolEvent
from handstamp.pool.unmatched_figures import LATELY

pytestmark = pytest.mark.anyio
ALERTS = tree.ROOT / "deploy" / "prometheus" / "alerts.yml"
CASES = ALERTS.with_name("alerts.test.yml")
DASHBOARD = tree.ROOT / "deploy" / "grafana" / "handstamp.json"
NAME = re.compile(r"\b(?:tickets|ticket|unmatched)_[a-z_]+\b")
SUFFIX = re.compile(r"_(bucket|count|sum)$")


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool, which Debian's package `prometheus` brings."""
    program = shutil.which("promtool")
    assert program, "promtool is needed for the tests: apt-get install prometheus"
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, cwd=tree.ROOT
    )


def alerts() -> list[dict[str, Any]]:
    loaded = YAML(typ="safe").load(ALERTS)
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Return every expression of the dashboard and of the alerts."""
    board = json.loads(DASHBOARD.read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
    yield from (one["expr"] for one in board["annotations"]["list"])
    yield from (rule["expr"] for rule in alerts())


def named() -> set[str]:
    return {name for expression in expressions() for name in NAME.findall(expression)}


async def exposed(client: httpx2.AsyncClient) -> dict[str, str]:
    """Return the metrics of the running application, with their types."""
    text = (await client.get("/api/tickets/metrics")).text
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


async def test_every_metric_named_is_exposed(
    services: Services, client: httpx2.AsyncClient
) -> None:
    await make_served(services)
    event, tiers = await make_sale(services)
    async with services.db.write() as session:
        (await session.get_one(Event, event.id)).capacity = 50
    await make_paid_order(services, event, {tiers[0].id: 1})
    kinds = await exposed(client)
    assert len(named()) > 15
    assert {SUFFIX.sub("", name) for name in named()} - {*kinds} == set()


async def test_the_briefs_own_names_and_kinds(
    services: Services, client: httpx2.AsyncClient
) -> None:
    offer = await make_offer_of_pool(services)
    await make_served(services, offer=offer)
    kinds = await exposed(client)
    assert kinds["ticket_assignment_duration_seconds"] == "histogram"
    assert kinds["unmatched_tickets_total"] == "gauge"
    text = (await client.get("/api/tickets/metrics")).text
    assert 'ticket_assignment_duration_seconds_bucket{le="0.05",status="assigned"}' in text
    assert f'unmatched_tickets_total{{event="{offer.event.id}"}} 0.0' in text


async def test_what_is_left_is_counted_by_event(
    services: Services, client: httpx2.AsyncClient, clock: FakeClock
) -> None:
    offer = await make_offer_of_pool(services)
    await make_served(services, 2, offer=offer)
    await make_paid(services, offer)
    async with services.db.write() as session:
        (await session.get_one(PoolEvent, offer.event.id)).unmatched_tickets = 7
    label = f'{{event="{offer.event.id}"}}'
    lines = (await client.get("/api/tickets/metrics")).text.splitlines()
    assert f"unmatched_tickets_total{label} 7.0" in lines
    assert f"tickets_pool_preorders{label} 3.0" in lines
    assert f"tickets_pool_preorders_waiting{label} 1.0" in lines
    clock.advance(LATELY + DAY)
    assert label not in (await client.get("/api/tickets/metrics")).text


def test_the_rules_are_right_by_prometheus_own_tool() -> None:
    done = promtool("check", "rules", ALERTS)
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("check", "config", "--syntax-only", ALERTS.with_name("prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_fires_when_it_should_and_not_before() -> None:
    done = promtool("test", "rules", CASES)
    assert done.returncode == 0, done.stdout + done.stderr
    cases = CASES.read_text()
    assert {rule["alert"] for rule in alerts() if f"alertname: {rule['alert']}\n" not in cases} == (
        set()
    )


def test_the_cases_can_fail(tmp_path: Path) -> None:
    (tmp_path / "alerts.yml").write_text(ALERTS.read_text().replace("0.05", "0.5"))
    shutil.copy(CASES, tmp_path / CASES.name)
    assert promtool("test", "rules", tmp_path / CASES.name).returncode != 0


def test_every_expression_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:number_{number}", "expr": expression}
        for number, expression in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", "--lint=none", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_their_own_places() -> None:
    board = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
