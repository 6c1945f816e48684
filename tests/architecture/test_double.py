"""The double of Stripe stands beside the product: never imported by it, never shipped with it."""

import ast
import tomllib

from tests.architecture import tree

DOUBLE = tree.ROOT / "server" / "fakestripe"


def imported(path_text: str) -> set[str]:
    """Return the top names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path_text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_the_product_never_imports_the_double_nor_the_double_the_product() -> None:
    ours, theirs = (tree.files(root, suffix=".py") for root in (tree.SERVER, DOUBLE))
    assert len(theirs) > 20
    assert [tree.name(path) for path in ours if "fakestripe" in imported(path.read_text())] == []
    assert [tree.name(path) for path in theirs if "handstamp" in imported(path.read_text())] == []


def test_the_wheel_ships_the_product_alone() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["server/handstamp"]


def test_only_the_gateway_imports_stripe() -> None:
    found = [
        tree.name(path)
        for path in tree.files(tree.SERVER, suffix=".py")
        if "stripe" in imported(path.read_text())
    ]
    assert found == ["server/handstamp/payments/stripe_gateway.py"]


def test_functions_of_the_double_are_short() -> None:
    assert [
        found
        for path in tree.files(DOUBLE, suffix=".py")
        for found, lines in tree.functions(path)
        if lines > 60
    ] == []
