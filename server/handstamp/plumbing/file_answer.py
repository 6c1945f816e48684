"""Answers that a browser saves as a file: kept by no cache, taken for what they say they are."""

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

CSV_TYPE = "text/csv; charset=utf-8"
PDF_TYPE = "application/pdf"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_answer(content: bytes | str | AsyncIterator[bytes], name: str, kind: str) -> Response:
    """Answer with a file of a media type, whole or in pieces, under a name of plain letters."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if isinstance(content, bytes | str):
        return Response(content, media_type=kind, headers=headers)
    return StreamingResponse(content, media_type=kind, headers=headers)
