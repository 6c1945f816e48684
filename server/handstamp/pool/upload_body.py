"""Reading an uploaded file out of a request, in memory alone: plain body or multipart form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request

from handstamp.plumbing.api import check_text
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.pool.pool_file import MAX_BYTES

FORM_OVERHEAD = 256 << 10
LARGEST = MAX_BYTES + FORM_OVERHEAD
LIMIT = Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST)
_FIELDS = 20
_FIELD_BYTES = FORM_OVERHEAD // 2


@dataclass(frozen=True)
class Sent:
    """An uploaded file and the form's other fields."""

    content: bytes = field(repr=False)
    filename: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class _InMemory(MultiPartParser):
    """A file with passwords is never spooled to a disk."""

    spool_max_size = LARGEST


async def read_sent(request: Request) -> Sent:
    """Return what was sent: the body itself, or the file `file` of a multipart form.

    Raises:
        BadInput: the form is broken, or has no file.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return Sent(await request.body())
    try:
        return await _read_form(request)
    except (MultiPartException, ValueError) as error:
        raise BadInput(_("This form cannot be read.")) from error


async def _read_form(request: Request) -> Sent:
    parser = _InMemory(
        request.headers,
        request.stream(),
        max_files=1,
        max_fields=_FIELDS,
        max_part_size=_FIELD_BYTES,
    )
    form = await parser.parse()
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadInput(_("Choose a file first."))
        fields = {name: text for name, text in form.items() if isinstance(text, str)}
        for name, text in fields.items():
            check_text(name + text)
        return Sent(await file.read(), file.filename or "", fields)
    finally:
        await form.close()
