"""The administrator's first page: what gave up, what waits, and whether the audit log holds."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handstamp.audit.verify_chain import AuditReport, audit_fault_words, verify_audit
from handstamp.overview.look_at_server import look_at_server
from handstamp.plumbing.web import require_admin, services
from handstamp.portal.organizer_frame import frame
from handstamp.portal.pages import page, render
from handstamp.portal.self_test_pages import TONES, state_names


@page
async def show(request: Request) -> Response:
    """Show how the server stands."""
    return await _show(request)


@page
async def verify(request: Request) -> Response:
    """Compute the audit log's chain again, and show what came of it; nothing is changed."""
    require_admin(request)
    return await _show(request, await verify_audit(services(request)))


async def _show(request: Request, report: AuditReport | None = None) -> Response:
    who, of = require_admin(request), services(request)
    async with of.db.read() as session:
        around = await frame(session, request, "overview")
        found = await look_at_server(session, of, who)
    shown: dict[str, Any] = {"report": report, "fault": ""}
    if report is not None and report.fault is not None:
        shown["fault"] = audit_fault_words(report.fault)
    return render(
        request,
        "admin_overview.html",
        found=found,
        test_tone=TONES.get(found.self_test, ""),
        test_names=state_names(),
        **shown,
        **around,
    )


routes = [
    Route("/admin", show),
    Route("/admin/audit/verify", verify, methods=["POST"]),
]
