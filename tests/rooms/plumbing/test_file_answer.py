"""Files to save: the same strict headers, whole or in pieces, and no other place writes them."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.architecture import tree

from handstamp.plumbing.file_answer import CSV_TYPE, PDF_TYPE, file_answer

pytestmark = pytest.mark.anyio


async def _pieces() -> AsyncIterator[bytes]:
    yield b"Name"
    yield b",Email"


async def _in_pieces(_request: Request) -> Response:
    return file_answer(_pieces(), "guests.csv", CSV_TYPE)


async def _whole(_request: Request) -> Response:
    return file_answer(b"%PDF", "tickets.pdf", PDF_TYPE)


async def test_whole_or_in_pieces_the_headers_are_the_same() -> None:
    app = Starlette(routes=[Route("/pieces", _in_pieces), Route("/whole", _whole)])
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        for path, name, kind, content in (
            ("/pieces", "guests.csv", CSV_TYPE, b"Name,Email"),
            ("/whole", "tickets.pdf", PDF_TYPE, b"%PDF"),
        ):
            answer = await http.get(path)
            assert answer.content == content
            assert answer.headers["content-type"] == kind
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_other_place_answers_with_a_file_to_save() -> None:
    writes = [
        tree.name(path)
        for path in tree.files(tree.SERVER, suffix=".py")
        if "attachment; filename" in path.read_text() or "StreamingResponse(" in path.read_text()
    ]
    assert [name for name in writes if not name.endswith("plumbing/file_answer.py")] == []
