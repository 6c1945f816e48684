"""Write every file of vectors anew: `python -m shared.tools.make_vectors`."""

import json
from pathlib import Path

from shared.tools import (
    entry_vectors,
    fold_vectors,
    log_vectors,
    movement_vectors,
    sealed_vectors,
    token_vectors,
    undo_vectors,
    verdict_vectors,
    wire_vectors,
)

VECTORS = Path(__file__).parents[1] / "vectors"
ROOMS = (
    token_vectors,
    wire_vectors,
    sealed_vectors,
    log_vectors,
    fold_vectors,
    movement_vectors,
    undo_vectors,
    verdict_vectors,
    entry_vectors,
)


def texts() -> dict[str, str]:
    """Return the text of each file by its path below shared/vectors."""
    written = {}
    for room in ROOMS:
        for path, file in room.files().items():
            whole = {**file, "count": len(file["vectors"])}
            vectors = whole.pop("vectors")
            head = json.dumps(whole, ensure_ascii=False, indent=1)[:-2]
            lines = ",\n".join(
                "  " + json.dumps(vector, ensure_ascii=False, separators=(",", ":"))
                for vector in vectors
            )
            written[path] = f'{head},\n "vectors": [\n{lines}\n ]\n}}\n'
    return written


def main() -> None:
    """Write the files and say how many vectors each holds."""
    for path, text in texts().items():
        (VECTORS / path).parent.mkdir(parents=True, exist_ok=True)
        (VECTORS / path).write_text(text)
        print(f"{path}: {json.loads(text)['count']}")


if __name__ == "__main__":
    main()
