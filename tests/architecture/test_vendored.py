"""What a browser gets is what the lock files say, and the shell's list is fresh."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.architecture import tree
from tools import messages, precache, vendor


def test_vendored_files_are_as_locked() -> None:
    assert vendor.faults() == []


def test_a_changed_vendored_file_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR, copy)
    (copy / "noble-ed25519" / "index.js").write_text("export const verify = () => true;\n")
    (copy / "extra.js").write_text("\n")
    monkeypatch.setattr(vendor, "VENDOR", copy)
    assert [fault.split(":")[0] for fault in vendor.faults()] == [
        "extra.js",
        "noble-ed25519/index.js",
    ]


def test_every_vendored_package_brings_its_licence() -> None:
    for folder, files in vendor.COPIES.values():
        assert "LICENSE" in files
        assert (vendor.VENDOR / folder / "LICENSE").read_text().strip()


def test_the_list_of_shell_files_is_fresh() -> None:
    assert precache.OUTPUT.read_text() == precache.render(), "run `make precache`"


def test_the_shell_holds_what_a_start_without_signal_needs() -> None:
    text = precache.render()
    listing = json.loads(text[text.index("{") : text.rindex("}") + 1])
    for needed in ("index.html", "src/main.js", "styles/tokens.css", "manifest.webmanifest"):
        assert needed in listing["files"]
    assert any(name.endswith(".wasm") for name in listing["files"])
    assert not [name for name in listing["files"] if name.startswith(("test/", "types/"))]


def test_the_npm_lock_names_no_registry() -> None:
    lock = json.loads((tree.ROOT / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    wanted = json.loads((tree.ROOT / "package.json").read_text())["devDependencies"]
    assert [version for version in wanted.values() if not re.fullmatch(r"[\d.]+", version)] == []


@pytest.mark.parametrize(("lock", "group"), [("run.lock", "build"), ("dev.lock", "dev")])
def test_the_python_locks_hold_every_pin_with_hashes(lock: str, group: str) -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
    text = (tree.ROOT / "requirements" / lock).read_text()
    pins = [*project["project"]["dependencies"]]
    pins += [pin for pin in project["dependency-groups"][group] if isinstance(pin, str)]
    for pin in pins:
        name, _, version = re.sub(r"\[.*?\]", "", pin).partition("==")
        found = re.search(rf"^{re.escape(name)}(?:\[[^\]]*\])?=={re.escape(version)}\b", text, re.M)
        assert found, pin
    entries = re.findall(r"^[^\s#].*==.*\\\n(.*)", text, re.M)
    assert entries
    assert [line for line in entries if "--hash=sha256:" not in line] == []
    assert "://" not in text


def test_the_tools_run_as_commands() -> None:
    for tool in ("vendor.py", "precache.py"):
        done = subprocess.run(
            [sys.executable, str(tree.ROOT / "tools" / tool), "--check"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_catalogues_hold_every_visible_string() -> None:
    found = list(messages.files())
    for path, text, lacks in found:
        assert path.read_text() == text, f"{path.name} is stale: run `make messages`"
        assert lacks == [], f"{path}: say these in its language"
    assert {path.parts[-3] for path, _text, _lacks in found} >= {"fr", "es", "de"}
    assert {path.name for path, _text, _lacks in found} >= {"fr.json", "es.json", "de.json"}
    assert found[0][1].count("msgid") > 100
    assert len(json.loads(found[1][1])) > 40
