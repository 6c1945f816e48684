"""The documents are short, and what they name exists."""

import re
from collections.abc import Iterator, Sequence

from starlette.routing import BaseRoute
from tests.architecture import tree

from handstamp.app import routes
from handstamp.cli import COMMANDS, GROUPS
from handstamp.plumbing.config import Settings


def documents() -> dict[str, str]:
    """Return the text of every document by its path."""
    found = [*tree.ROOT.glob("*.md"), *(tree.ROOT / "docs").rglob("*.md")]
    return {tree.name(path): path.read_text() for path in found}


def test_the_readme_is_short() -> None:
    assert 40 < documents()["README.md"].count("\n") <= 120


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for name, text in documents().items():
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            if not (tree.ROOT / name).parent.joinpath(target).exists():
                broken.append(f"{name}: {target}")
    assert broken == []


def test_every_setting_is_described() -> None:
    described = set(re.findall(r"^\| `(\w+)`", documents()["docs/environment.md"], re.M))
    settings = {
        field.alias or f"HANDSTAMP_{name.upper()}" for name, field in Settings.model_fields.items()
    }
    assert settings - described == set()
    assert described - settings == {
        "PORT",
        "HANDSTAMP_HOST",
        "HANDSTAMP_PROCESSES",
        "HANDSTAMP_SOAK",
    }


def test_every_command_the_documents_name_exists() -> None:
    makefile = (tree.ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    for name, text in documents().items():
        for target in re.findall(r"`make ([a-z-]+)", text):
            assert target in targets, f"{name}: make {target}"
        for command, part in re.findall(r"`handstamp ([a-z-]+)(?: ([a-z-]+))?", text):
            assert command in COMMANDS or command in GROUPS, f"{name}: handstamp {command}"
            if command in GROUPS and part:
                assert part in GROUPS[command][1], f"{name}: handstamp {command} {part}"


def test_make_help_names_every_target_a_person_uses() -> None:
    makefile = (tree.ROOT / "Makefile").read_text()
    described = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    assert {"demo", "test", "check", "bench", "soak", "help"} <= described


def test_decisions_are_numbered_without_gaps_and_fit_a_page() -> None:
    decisions = {name: text for name, text in documents().items() if re.search(r"adr/\d{4}-", name)}
    numbers = sorted(int(name.split("/")[-1][:4]) for name in decisions)
    assert numbers == list(range(1, len(numbers) + 1))
    for name, text in decisions.items():
        assert text.count("\n") <= 60, name
        assert re.match(rf"# {name.split('/')[-1][:4]} · ", text), name
        assert re.search(r"^20\d\d-\d\d-\d\d · ", text, re.M), name


def test_every_dependency_has_its_line_in_the_list_of_libraries() -> None:
    project = (tree.ROOT / "pyproject.toml").read_text()
    listed = documents()["docs/adr/0009-locks-and-tools.md"]
    block = project[project.index("dependencies = [") : project.index("[dependency-groups]")]
    for name in re.findall(r'"([a-z][a-z0-9-]*)(?:\[\w+\])?==', block):
        assert re.search(rf"\b{name}\b", listed), name


def test_every_path_said_to_be_here_is_a_route() -> None:
    served = {re.sub(r"\{[^}]+\}", "{}", path) for path in paths(routes())}
    missing = []
    for line in documents()["docs/paths.md"].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and cells[4].startswith("here"):
            for path in re.findall(r"`(?:[A-Z]+ )?(/(?:api/)?tickets[^`]*)`", cells[3]):
                wanted = re.sub(r"\{[^}]+\}", "{}", path.removesuffix("…").removesuffix("/"))
                if not any(known == wanted or known.startswith(wanted) for known in served):
                    missing.append(path)
    assert missing == []


def paths(table: Sequence[BaseRoute], before: str = "") -> Iterator[str]:
    """Yield the whole path of every route, those under mounts included."""
    for route in table:
        path = before + str(getattr(route, "path", ""))
        yield path
        yield from paths(getattr(route, "routes", None) or [], path)
