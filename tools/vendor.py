"""Copy the browser libraries out of node_modules into pwa/vendor, and check what is there.

`python tools/vendor.py` copies and writes vendor.json; `--check` only compares: every file's
sha256 with vendor.json, every package's version and integrity with package-lock.json.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "pwa" / "vendor"

# package -> (folder in pwa/vendor, {file in the package: file in the folder})
COPIES: dict[str, tuple[str, dict[str, str]]] = {
    "zxing-wasm": (
        "zxing-wasm",
        {
            "dist/es/reader/index.js": "reader/index.js",
            "dist/es/reader/index.d.ts": "reader/index.d.ts",
            "dist/es/share.js": "share.js",
            "dist/es/share.d.ts": "share.d.ts",
            "dist/es/bindings/*.d.ts": "bindings",
            "dist/reader/zxing_reader.wasm": "reader/zxing_reader.wasm",
            "LICENSE": "LICENSE",
        },
    ),
    "@noble/ed25519": (
        "noble-ed25519",
        {"index.js": "index.js", "index.d.ts": "index.d.ts", "LICENSE": "LICENSE"},
    ),
    "@leeoniya/ufuzzy": (
        "ufuzzy",
        {"dist/uFuzzy.mjs": "uFuzzy.js", "dist/uFuzzy.d.ts": "uFuzzy.d.ts", "LICENSE": "LICENSE"},
    ),
}


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def locked(package: str) -> dict[str, Any]:
    """Return what package-lock.json says of a package."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    entry: dict[str, Any] = lock["packages"][f"node_modules/{package}"]
    return entry


def sources(package: str) -> list[tuple[Path, Path]]:
    """Return (file in node_modules, file in pwa/vendor) of one package."""
    folder, files = COPIES[package]
    home = ROOT / "node_modules" / package
    pairs: list[tuple[Path, Path]] = []
    for source, target in files.items():
        if "*" in source:
            found = sorted(home.glob(source))
            pairs += [(path, VENDOR / folder / target / path.name) for path in found]
        else:
            pairs.append((home / source, VENDOR / folder / target))
    return pairs


def copy() -> None:
    """Copy every file and write vendor.json."""
    listing: dict[str, Any] = {"packages": {}, "files": {}}
    for package in COPIES:
        entry = locked(package)
        listing["packages"][package] = {
            "version": entry["version"],
            "integrity": entry["integrity"],
            "licence": entry["license"],
        }
        for source, target in sources(package):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            listing["files"][target.relative_to(VENDOR).as_posix()] = {
                "package": package,
                "from": source.relative_to(ROOT / "node_modules" / package).as_posix(),
                "sha256": sha256(target),
            }
    listing["files"] = dict(sorted(listing["files"].items()))
    (VENDOR / "vendor.json").write_text(json.dumps(listing, indent=1) + "\n")


def faults() -> list[str]:
    """Return what differs between the files, vendor.json, the lock file and node_modules."""
    listing = json.loads((VENDOR / "vendor.json").read_text())
    found: list[str] = []
    for package, known in listing["packages"].items():
        entry = locked(package)
        found += [
            f"{package}: {member} is not the lock file's"
            for member in ("version", "integrity")
            if known[member] != entry[member]
        ]
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    for name in sorted(there ^ {*listing["files"], "vendor.json", "README.md"}):
        found.append(f"{name}: on disk or in vendor.json, not in both")
    for name, known in listing["files"].items():
        if name in there and sha256(VENDOR / name) != known["sha256"]:
            found.append(f"{name}: was changed after it was copied")
        installed = ROOT / "node_modules" / known["package"] / known["from"]
        if installed.exists() and sha256(installed) != known["sha256"]:
            found.append(f"{name}: differs from the installed {known['package']}")
    return found


def main() -> int:
    """Run the command line; the exit code is the number of faults, at most 1."""
    if "--check" not in sys.argv:
        copy()
    found = faults()
    print("\n".join(found) or "vendored files: as locked")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
