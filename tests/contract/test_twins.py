"""What exists in both languages is paired: same names, headers that point at each other."""

import re

import pytest
from tests.contract.twins import ROOT

PYTHON = ROOT / "server" / "handstamp"
SCRIPTS = ROOT / "pwa" / "src" / "core"
VECTORS = ROOT / "shared" / "vectors"
PAIRS = {
    "token": "tickets/token.py",
    "wire": "checkin/wire.py",
    "fold": "checkin/fold.py",
    "places": "checkin/places.py",
    "turns": "checkin/turns.py",
    "undo": "checkin/undo.py",
    "entry-rules": "checkin/entry_rules.py",
    "verdict": "checkin/verdict.py",
    "layout": "checkin/layout.py",
    "columns": "checkin/columns.py",
    "ticket-columns": "checkin/ticket_columns.py",
    "fact-columns": "checkin/fact_columns.py",
    "code-columns": "checkin/code_columns.py",
    "prompt-columns": "checkin/prompt_columns.py",
    "sealed-list": "checkin/sealed_list.py",
    "foreign-code": "tickets/foreign_code.py",
    "ids": "kit/ids.py",
    "signing": "kit/signing.py",
}
ALONE = {"heap"}


def opening(text: str) -> str:
    return "\n".join(text.splitlines()[:8])


@pytest.mark.parametrize("script", PAIRS)
def test_script_names_its_twin(script: str) -> None:
    text = opening((SCRIPTS / f"{script}.js").read_text())
    named = re.search(r"Twin: (\S+\.py)", text)
    assert named, script
    assert named.group(1).removeprefix("server/handstamp/") == PAIRS[script]
    assert (PYTHON / PAIRS[script]).is_file()
    assert "Vectors: shared/vectors/" in text


@pytest.mark.parametrize("script", [name for name in PAIRS if name != "ids"])
def test_python_names_its_twin(script: str) -> None:
    text = opening((PYTHON / PAIRS[script]).read_text())
    assert f"pwa/src/core/{script}.js" in text


def test_core_holds_nothing_but_twins() -> None:
    """Logic on the phone that decides has a twin; the rest lives in data, sync, scan and ui."""
    scripts = {path.stem for path in SCRIPTS.glob("*.js")}
    assert scripts >= {*PAIRS, *ALONE}
    for extra in scripts - {*PAIRS, *ALONE}:
        assert "Twin:" not in opening((SCRIPTS / f"{extra}.js").read_text()), extra


@pytest.mark.parametrize("room", ["token", "wire", "fold", "verdict"])
def test_each_pair_has_a_folder_of_vectors(room: str) -> None:
    assert list((VECTORS / room).glob("*.json"))
    assert {path.name for path in VECTORS.iterdir()} == {"token", "wire", "fold", "verdict"}
