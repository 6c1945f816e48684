"""Say in plain words when the Python that make found is too old."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must reach this line
    sys.exit(
        "Handstamp needs Python 3.11 or newer; this is %d.%d. "  # noqa: UP031
        "Install a newer one and run: make PYTHON=python3.12 <command>" % sys.version_info[:2]
    )
