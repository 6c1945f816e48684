"""The contract itself: version and hash, clauses and who proves them, fresh vectors, schemas."""

import json
import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from shared.tools.make_vectors import texts
from shared.tools.protocol_hash import PROTOCOL, protocol_hash
from tests.contract.proofs import PROOFS
from tests.contract.schemas import SCHEMAS, validate
from tests.contract.twins import ROOT
from tests.contract.vector_files import SHARED, all_files, load

from handstamp.audit.chain import ADDRESS_CONTEXT, ENTRY_CONTEXT, MARK_CONTEXT
from handstamp.checkin.log_file import END_CONTEXT
from handstamp.checkin.wire import FACT_CONTEXT, HEAD_CONTEXT, SNAPSHOT_CONTEXT
from handstamp.tickets.foreign_code import CONTEXT as CODE_CONTEXT
from handstamp.tickets.token import CONTEXT

FOLDS = ("fold", "movements", "undo", "voids")
CLAUSE = re.compile(r"\bR([0-9]{1,2})\b")


@cache
def clauses() -> dict[int, str]:
    """Return the text of each clause by its number."""
    text = (SHARED / "PROTOCOL.md").read_text()
    parts = re.split(r"^- \*\*R([0-9]+)\*\* ", text, flags=re.M)
    return {int(number): body for number, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_clauses_are_numbered_without_gaps() -> None:
    assert sorted(clauses()) == list(range(1, len(clauses()) + 1))
    assert len(clauses()) >= 45


def test_hash_names_these_clauses_and_schemas() -> None:
    """Fails after a change of the protocol: add vector, both twins, then accept the new hash."""
    known = json.loads(PROTOCOL.read_text())
    assert known["hash"] == protocol_hash(), "python -m shared.tools.protocol_hash --accept '…'"
    assert known["history"][-1]["hash"] == known["hash"]


def test_history_only_grows() -> None:
    known = json.loads(PROTOCOL.read_text())
    versions = [line["version"] for line in known["history"]]
    assert versions == sorted(versions)
    assert versions[-1] == known["version"]
    assert 1 <= known["min_supported"] <= known["version"]
    assert all(line["change"] and line["date"] for line in known["history"])


def test_vectors_are_what_the_tools_make() -> None:
    made = texts()
    assert sorted(made) == sorted(f"{name}.json" for name in all_files())
    for path, text in made.items():
        assert (SHARED / "vectors" / path).read_text() == text, path


@pytest.mark.parametrize("name", all_files())
def test_vector_file_declares_its_count_and_clauses(name: str) -> None:
    file = load(name)
    validate("vectors.schema.json", file)
    assert file["count"] == len(file["vectors"])
    names = [vector["name"] for vector in file["vectors"]]
    assert len(set(names)) == len(names)
    assert {int(clause[1:]) for clause in file["clauses"]} <= set(clauses())


def proven_in() -> dict[int, set[str]]:
    """Return, for each clause, the files of vectors and tests that cite it."""
    found: dict[int, set[str]] = {}
    for name in all_files():
        for clause in load(name)["clauses"]:
            found.setdefault(int(clause[1:]), set()).add(name)
    for clause, names in PROOFS.items():
        found.setdefault(clause, set()).update(names)
    tests = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "pwa" / "test").rglob("*.js")]
    for path in tests:
        for cited in CLAUSE.findall(path.read_text()):
            found.setdefault(int(cited), set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_every_clause_has_a_vector_or_a_test() -> None:
    assert sorted(set(clauses()) - set(proven_in())) == []


@pytest.mark.parametrize("name", sorted({name for names in PROOFS.values() for name in names}))
def test_named_proof_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.M)


def test_no_test_cites_a_clause_that_is_not_there() -> None:
    assert sorted(set(proven_in()) - set(clauses())) == []


def test_code_cites_only_clauses_that_are_there() -> None:
    sources = [
        *(ROOT / "server" / "handstamp").rglob("*.py"),
        *(ROOT / "pwa" / "src").rglob("*.js"),
        *(ROOT / "pwa" / "types").rglob("*.ts"),
    ]
    cited = {int(number) for path in sources for number in CLAUSE.findall(path.read_text())}
    assert len(cited) > 20
    assert sorted(cited - set(clauses())) == []


def test_what_is_signed_never_begins_alike() -> None:
    """R4, R13, R14, R37, R46, R67, R69: what is made for one thing cannot pass for another."""
    contexts = [CONTEXT, FACT_CONTEXT, HEAD_CONTEXT, SNAPSHOT_CONTEXT, CODE_CONTEXT]
    contexts += [END_CONTEXT, ENTRY_CONTEXT, ADDRESS_CONTEXT, MARK_CONTEXT]
    assert not [
        (one, other)
        for one in contexts
        for other in contexts
        if one is not other and one.startswith(other)
    ]
    text = (SHARED / "PROTOCOL.md").read_text()
    assert all(f'"{context[:-1].decode()}"' in text for context in contexts)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: Path(path).name)
def test_schema_is_one(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_vectors_fit_their_schemas() -> None:
    for vector in load("wire/facts")["vectors"]:
        validate("fact.schema.json", vector["fact"])
    for vector in load("wire/rows")["vectors"]:
        validate("common.schema.json#/$defs/fact_row", vector["row"])
    for vector in load("wire/snapshots")["vectors"]:
        validate("snapshot.schema.json", vector["header"])
        for row in vector["tickets"]:
            validate("common.schema.json#/$defs/ticket_row", row)
    for vector in chain(*(load(f"fold/{name}")["vectors"] for name in FOLDS)):
        validate("fold.schema.json#/$defs/input", vector["input"])
        validate("fold.schema.json#/$defs/state", vector["output"])
    judged = [("decide", "input"), ("entry", "input"), ("leave", "leaving")]
    for name, given in judged:
        for vector in load(f"verdict/{name}")["vectors"]:
            validate(f"verdict.schema.json#/$defs/{given}", vector["input"])
            validate("verdict.schema.json#/$defs/output", vector["output"])


@pytest.mark.parametrize("clause", sorted(clauses()))
def test_clause_is_words(clause: int) -> None:
    assert len(clauses()[clause]) > 40
