"""Files and functions stay small enough to be read in one go, and comments stay rare."""

import io
import statistics
import tokenize

from tests.architecture import tree


def length(text: str) -> int:
    return text.count("\n")


def test_no_file_is_longer_than_400_lines() -> None:
    every = [*tree.python_files(), *tree.script_files(), *tree.style_files()]
    assert len(every) > 50
    assert {
        tree.name(path): length(path.read_text())
        for path in every
        if length(path.read_text()) > 400
    } == {}


def test_the_median_file_of_the_server_is_about_100_lines() -> None:
    sizes = [length(path.read_text()) for path in tree.files(tree.SERVER, suffix=".py")]
    assert statistics.median([size for size in sizes if size]) <= 120


def test_functions_are_short() -> None:
    sizes = sorted(
        lines for path in tree.files(tree.SERVER, suffix=".py") for _, lines in tree.functions(path)
    )
    assert statistics.median(sizes) <= 10
    assert sizes[len(sizes) * 9 // 10] <= 40


def test_no_function_needs_scrolling() -> None:
    assert [
        found
        for path in tree.files(tree.SERVER, suffix=".py")
        for found, lines in tree.functions(path)
        if lines > 80
    ] == []


def test_comments_stay_rare() -> None:
    lines = comments = 0
    for path in tree.files(tree.SERVER, suffix=".py"):
        text = path.read_text()
        lines += sum(1 for line in text.splitlines() if line.strip())
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments += sum(1 for token in tokens if token.type == tokenize.COMMENT)
    assert 0 < comments / lines <= 0.07
