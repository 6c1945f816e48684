"""What every test may use; the cluster is named here so that all xdist workers share it."""

import re
from pathlib import Path

import pytest
from hypothesis import settings
from tests.fixtures import postgres
from tests.fixtures.fast_disk import use_memory
from tests.fixtures.kept_statements import keep_statements

from handstamp.plumbing.memory import freeze_what_stays

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.services",
    "tests.fixtures.mail",
    "tests.fixtures.stripe_double",
    "tests.e2e.door_world",
]
settings.register_profile("no-clock", deadline=None)
settings.load_profile("no-clock")
LONGEST_FIRST = ("flows", "convergence", "e2e", "abuse", "contract")


def pytest_configure(config: pytest.Config) -> None:
    """Share compiled statements; choose the run's cluster in the first process."""
    keep_statements()
    if not hasattr(config, "workerinput"):
        use_memory()
        postgres.reserve_cluster()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster when the first process ends."""
    if not hasattr(config, "workerinput"):
        postgres.stop_cluster()


def pytest_collection_finish() -> None:
    """Keep seven thousand tests and all modules out of every later garbage collection."""
    freeze_what_stays()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with files of few long tests, or one process is left alone with them at the end."""
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: order.get(item.path.relative_to(here).parts[0], len(order)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which share of the long counts this run took (`make soak` runs them in full)."""
    shares = {
        line
        for report in terminalreporter.stats.get("passed", [])
        for line in report.capstdout.splitlines()
        if re.fullmatch(r".+: [\d,]+ of [\d,]+", line)
    }
    for line in sorted(shares):
        terminalreporter.write_line(line)
