"""A ticket changes hands or names, by its buyer; and the page of whoever it was given to."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from wtforms import StringField

from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.orders.passed_on import passed_on
from handstamp.pdf.drawing_pool import DrawingFailed
from handstamp.plumbing.errors import Conflict, NotFound, Problem, TooMany
from handstamp.plumbing.file_answer import PDF_TYPE, file_answer
from handstamp.plumbing.form_fields import PageForm, address, at_most, filled
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import actor, services
from handstamp.storefront import words
from handstamp.storefront.forms import LONGEST_NAME, one_line
from handstamp.storefront.order_frame import KEPT_LINKS, LONGEST_KEY, Shown, order_of
from handstamp.storefront.pages import buyers_page, go, render
from handstamp.tickets.models import Ticket
from handstamp.tickets.qr_codes import qr_svg
from handstamp.transfers.holder_link import ticket_by_link
from handstamp.transfers.holder_papers import HolderPapers, holder_pdf, papers_of
from handstamp.transfers.rules import CUT_OFF
from handstamp.transfers.transfer_ticket import checked, rename_bought, transfer_bought

_REFUSED = (Conflict, TooMany)


class RenameForm(PageForm):
    """Whose name stands on the ticket."""

    name = StringField(
        validators=[filled(lambda: _("Write the name.")), at_most(LONGEST_NAME), one_line]
    )


class PassOnForm(PageForm):
    """Who gets the ticket."""

    to_name = StringField(
        validators=[filled(lambda: _("Write the name.")), at_most(LONGEST_NAME), one_line]
    )
    to_email = StringField(validators=[filled(lambda: _("Write their e-mail address.")), address])


def may_pass_on(event: Event, now: Millis) -> bool:
    """Tell whether an event's tickets may change hands or names by their buyers."""
    return event.status == "published" and now < event.start_at - CUT_OFF


@buyers_page
async def one_ticket(request: Request) -> Response:
    """Offer to pass a ticket on or to change its name."""
    shown, ticket = await _bought(request)
    if passed_on(shown.order, ticket) or ticket.status != "valid":
        return go(request, _order(shown), _("This ticket cannot be changed."), tone="warn")
    return await _page(request, shown, ticket)


@buyers_page
async def pass_on(request: Request) -> Response:
    """Ask once more, then give the ticket to the other person."""
    shown, ticket = await _bought(request)
    form = await PassOnForm.from_formdata(request)
    try:
        if not await form.validate():
            return await _page(request, shown, ticket, pass_form=form)
        person = checked(form.to_name.data or "", form.to_email.data or "")
        if (await request.form()).get("sure") != "y":
            return render(request, "pass_sure.html", ticket=ticket, person=person, **shown.values())
        order_id = shown.order.id
        await transfer_bought(services(request), actor(request), order_id, ticket.id, person)
    except _REFUSED as problem:
        return go(request, _order(shown), problem.detail, tone="bad")
    except Problem as problem:
        form.take(problem)
        return await _page(request, shown, ticket, pass_form=form)
    said = _("Passed on. %(name)s gets a mail with the new code; yours opens no door any more.")
    return go(request, _order(shown), said % {"name": person.name})


@buyers_page
async def rename(request: Request) -> Response:
    """Change the name on a ticket; its code stays."""
    shown, ticket = await _bought(request)
    form = await RenameForm.from_formdata(request)
    if not await form.validate():
        return await _page(request, shown, ticket, rename_form=form)
    try:
        of, order_id, name = services(request), shown.order.id, form.name.data or ""
        await rename_bought(of, actor(request), order_id, ticket.id, name)
    except _REFUSED as problem:
        return go(request, _order(shown), problem.detail, tone="bad")
    except Problem as problem:
        form.take(problem)
        return await _page(request, shown, ticket, rename_form=form)
    return go(request, _order(shown), _("The name is changed. The code stays as it is."))


async def _page(
    request: Request,
    shown: Shown,
    ticket: Ticket,
    *,
    pass_form: PassOnForm | None = None,
    rename_form: RenameForm | None = None,
) -> Response:
    wrong = pass_form is not None or rename_form is not None
    return render(
        request,
        "pass_on.html",
        status=422 if wrong else 200,
        ticket=ticket,
        pass_form=pass_form or PassOnForm(request),
        rename_form=rename_form or RenameForm(request, data={"name": ticket.holder_name}),
        **shown.values(),
    )


async def _bought(request: Request) -> tuple[Shown, Ticket]:
    shown = await order_of(request)
    wanted = request.path_params["ticket_id"]
    for ticket in shown.view.tickets:
        if ticket.id == wanted:
            return shown, ticket
    raise NotFound(_("There is no such ticket in this order."))


def _order(shown: Shown) -> str:
    return f"/tickets/order/{shown.order.id}"


@buyers_page
async def given(request: Request) -> Response:
    """Show a ticket to its new holder; the secret of the link is kept in this browser."""
    key, ticket_id = request.query_params.get("key", ""), request.path_params["ticket_id"]
    if key:
        async with services(request).db.read() as session:
            await ticket_by_link(session, services(request), ticket_id, key[:LONGEST_KEY])
        mine = f"ticket:{ticket_id}"
        others = [pair for pair in request.session.get("links", {}).items() if pair[0] != mine]
        request.session["links"] = dict([*others, (mine, key)][-KEPT_LINKS:])
        return RedirectResponse(request.url.path, status_code=303)
    papers = await _papers(request)
    return render(
        request,
        "given_ticket.html",
        ticket=papers.ticket,
        event=papers.event,
        organizer=papers.profile,
        tier_name=papers.tier_name,
        qr=await asyncio.to_thread(qr_svg, papers.token),
        void=words.ticket_statuses().get(papers.ticket.status, ""),
    )


@buyers_page
async def given_pdf(request: Request) -> Response:
    """Hand out the new holder's ticket as a PDF."""
    papers = await _papers(request)
    here = f"/tickets/ticket/{papers.ticket.id}"
    if papers.ticket.status != "valid":
        return go(request, here, _("This ticket is not valid any more."), tone="warn")
    try:
        drawn = await holder_pdf(services(request), papers)
    except DrawingFailed:
        said = _("The PDF cannot be made just now. The code on this page opens the door too.")
        return go(request, here, said, tone="warn")
    return file_answer(drawn.content, f"{papers.ticket.printed_id}.pdf", PDF_TYPE)


async def _papers(request: Request) -> HolderPapers:
    ticket_id = request.path_params["ticket_id"]
    key = dict(request.session.get("links", {})).get(f"ticket:{ticket_id}", "")
    async with services(request).db.read() as session:
        ticket, event = await ticket_by_link(session, services(request), ticket_id, key)
        return await papers_of(session, services(request), ticket, event)


_TICKET = "/order/{order_id}/tickets/{ticket_id:int}"
_GIVEN = "/ticket/{ticket_id:int}"
routes = [
    Route(_TICKET, one_ticket),
    Route(_TICKET + "/pass-on", pass_on, methods=["POST"]),
    Route(_TICKET + "/name", rename, methods=["POST"]),
    Route(_GIVEN, given),
    Route(_GIVEN + "/ticket.pdf", given_pdf),
]
