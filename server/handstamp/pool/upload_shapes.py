"""What the outside says about files of tickets from elsewhere, and what it is told."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handstamp.plumbing.api import bad_input, parse_json
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.texts import _
from handstamp.pool.check_upload import UploadReport
from handstamp.pool.import_tickets import Imported
from handstamp.pool.models import PoolUpload
from handstamp.pool.place_rows import Fixes, KnownEvent, Unknown
from handstamp.tickets.guest_file import says
from handstamp.tickets.guest_rows import Issue

LONGEST_FIXES = 100_000
MOST_FIXES = 1_000
Id = Annotated[str, Field(max_length=60)]
Name = Annotated[str, Field(max_length=200)]


class UploadQuery(BaseModel):
    """Whose tickets, and what to do. `fixes`: JSON, see `FixesShape`.

    `organizer_id` may be left out by who runs one organizer. Without `commit` nothing is stored.
    `leave_out_bad`: store the good rows although others are bad or there twice.
    """

    commit: bool = False
    organizer_id: Id = ""
    filename: Name = ""
    fixes: Annotated[str, Field(max_length=LONGEST_FIXES)] = ""
    leave_out_bad: bool = False


class FixesShape(BaseModel):
    """What was decided about names: '' leaves the rows of a name out.

    `events`: a name in the file to an event's id. `variants`: by event id, a name to a tier's id.
    """

    model_config = ConfigDict(extra="forbid")

    events: Annotated[dict[Name, Id], Field(max_length=MOST_FIXES)] = {}
    variants: Annotated[
        dict[Id, Annotated[dict[Name, Id], Field(max_length=MOST_FIXES)]],
        Field(max_length=MOST_FIXES),
    ] = {}


class UploadsQuery(BaseModel):
    """Which uploads: of an organizer ('' = all of one's own), after the page before."""

    organizer_id: Id = ""
    after: Id = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class UploadIssueBody(BaseModel):
    """What is said of a line of the file."""

    line: int
    message: str


class SuggestionBody(BaseModel):
    """What a name may mean."""

    id: str
    name: str


class UnknownBody(BaseModel):
    """A name that stands for nothing, or for `several`; `line` is where it stands first."""

    typed: str
    event_id: str
    rows: int
    line: int
    several: bool
    suggestions: list[SuggestionBody]


class CoverageBody(BaseModel):
    """One tier: tickets `new` in the file, `free` in the pool, members `waiting`, `short`."""

    event_id: str
    event: str
    tier_id: str
    tier: str
    new: int
    free: int
    waiting: int
    short: int


class SampleBody(BaseModel):
    """A row, its password and code masked."""

    line: int
    event: str
    variant: str
    email: str
    password: str
    code: str


class UploadReportBody(BaseModel):
    """What committing a file would do; nothing was stored. Lists hold the first 200."""

    filename: str
    format: str
    ready: bool
    rows: int
    valid: int
    known: int
    left_out: int
    notes: list[str]
    bad: list[UploadIssueBody]
    bad_count: int
    doubles: list[UploadIssueBody]
    doubles_count: int
    unknown_events: list[UnknownBody]
    unknown_events_count: int
    unknown_variants: list[UnknownBody]
    unknown_variants_count: int
    coverage: list[CoverageBody]
    sample: list[SampleBody]


class ImportedBody(BaseModel):
    """What a commit did; `jobs` runs of the matcher were asked for."""

    upload_id: str
    tickets: int
    known: int
    left_out: int
    jobs: int


class UploadBody(BaseModel):
    """A committed file: `rows` tickets it brought, `known` rows whose ticket was here."""

    id: str
    organizer_id: str
    filename: str
    format: str
    rows: int
    known: int
    created_by: str
    created_at: int


class UploadsBody(BaseModel):
    """Uploads, the newest first; `next` is the `after` of the following page."""

    uploads: list[UploadBody]
    next: str | None


def fixes_of(text: str) -> Fixes:
    """Read what was decided about names out of JSON; '' is nothing.

    Raises:
        BadInput: it is something else.
    """
    if not text.strip():
        return Fixes()
    try:
        shape = FixesShape.model_validate(parse_json(text.encode()))
    except ValidationError as error:
        raise bad_input(error) from error
    except UnicodeEncodeError as error:
        raise BadInput(_("The corrections cannot be read.")) from error
    return Fixes(shape.events, shape.variants)


def report_body(report: UploadReport) -> UploadReportBody:
    """Return a report as the API tells it."""
    same = ("filename", "format", "rows", "valid", "known", "left_out", "ready")
    counts = ("bad", "doubles", "unknown_events", "unknown_variants")
    return UploadReportBody(
        **{name: getattr(report, name) for name in same},
        **{f"{name}_count": getattr(report, f"{name}_count") for name in counts},
        notes=[says(issue) for issue in report.notes],
        bad=_issues(report.bad),
        doubles=_issues(report.doubles),
        unknown_events=[_unknown(one, report.events) for one in report.unknown_events],
        unknown_variants=[_unknown(one, report.events) for one in report.unknown_variants],
        coverage=[CoverageBody(**vars(one), short=one.short) for one in report.coverage],
        sample=[SampleBody(**vars(row)) for row in report.sample],
    )


def imported_body(imported: Imported) -> ImportedBody:
    """Return what a commit did as the API tells it."""
    return ImportedBody(**vars(imported))


def upload_body(upload: PoolUpload) -> UploadBody:
    """Return a committed file as the API tells it."""
    return UploadBody(**{name: getattr(upload, name) for name in UploadBody.model_fields})


def _issues(issues: list[Issue]) -> list[UploadIssueBody]:
    return [UploadIssueBody(line=issue.line, message=says(issue)) for issue in issues]


def _unknown(one: Unknown, events: dict[str, KnownEvent]) -> UnknownBody:
    if one.event_id:
        names = {tier.id: tier.name for tier in events[one.event_id].tiers}
    else:
        names = {key: events[key].title for key in one.suggestions}
    told = [SuggestionBody(id=key, name=names[key]) for key in one.suggestions]
    return UnknownBody(**{**vars(one), "suggestions": told})
