"""The hash over clauses and schemas that `protocol.json` names.

`python -m shared.tools.protocol_hash` prints it; `--accept "what changed"` writes it, with a
line of history, after a change of the protocol.
"""

import argparse
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

SHARED = Path(__file__).parents[1]
PROTOCOL = SHARED / "protocol.json"


def protocol_hash() -> str:
    """Return SHA-256 over the text of PROTOCOL.md and of every schema, by name."""
    digest = hashlib.sha256()
    for path in [SHARED / "PROTOCOL.md", *sorted((SHARED / "schemas").glob("*.schema.json"))]:
        text = path.read_bytes()
        digest.update(f"{path.name}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()


def accept(change: str, today: str) -> None:
    """Write the hash of now and a line of history into protocol.json."""
    if PROTOCOL.exists():
        known = json.loads(PROTOCOL.read_text())
    else:
        known = {"version": 1, "min_supported": 1, "hash": "", "history": []}
    known["hash"] = protocol_hash()
    line = {"version": known["version"], "date": today, "change": change, "hash": known["hash"]}
    known["history"].append(line)
    PROTOCOL.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    """Print the hash, or accept it."""
    parser = argparse.ArgumentParser(description="Hash of clauses and schemas.")
    parser.add_argument("--accept", metavar="CHANGE", help="what changed, in a few words")
    chosen = parser.parse_args()
    if chosen.accept:
        accept(chosen.accept, datetime.now(UTC).date().isoformat())
    print(protocol_hash())


if __name__ == "__main__":
    main()
