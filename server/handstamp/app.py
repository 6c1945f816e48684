"""Composition root of the web server: every layer, route and check in explicit tables."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from handstamp.analytics import routes as sales_api
from handstamp.auth import profile_routes, team_routes
from handstamp.auth import routes as auth_api
from handstamp.auth.request_sign_in import KNOWN_ROOM
from handstamp.auth.session_middleware import SessionMiddleware
from handstamp.checkin import door_files
from handstamp.checkin import log_routes as log_api
from handstamp.checkin import organizer_routes as door_api
from handstamp.checkin import pool_routes as pool_door_api
from handstamp.checkin import routes as checkin_api
from handstamp.checkin.broadcast import close_door
from handstamp.checkin.check_door import check_feed, door_figures
from handstamp.clubs import routes as clubs_api
from handstamp.clubs.find_clubs import is_known
from handstamp.demo import codes, pool_file
from handstamp.demo import site as demo_site
from handstamp.discounts import routes as discounts_api
from handstamp.events import routes as events_api
from handstamp.events.routes import START_ROOM
from handstamp.fraud import routes as fraud_api
from handstamp.kit.clock import Clock, system_clock
from handstamp.mail.check_mail import check_mail
from handstamp.mail.demo_outbox import ROOM as MAIL_ROOM
from handstamp.mail.transport import close_mail
from handstamp.moderation import routes as moderation_api
from handstamp.notices import capacity_routes
from handstamp.notices import routes as notices_api
from handstamp.notices.check_date import check_start
from handstamp.orders import (
    by_hand_routes,
    chosen_routes,
    correct_routes,
    export_routes,
    offer_routes,
    schedule_routes,
)
from handstamp.orders import routes as orders_api
from handstamp.orders.check_stock import check_stock, order_figures
from handstamp.overview import routes as overview_api
from handstamp.payments import payout_routes
from handstamp.payments import routes as payments_api
from handstamp.payments.gateway import close_gateway, open_gateway
from handstamp.pdf.check_fonts import check_fonts, warn_of_fonts
from handstamp.pdf.ticket_pdf import close_pdf
from handstamp.plumbing.api import openapi
from handstamp.plumbing.body_limit import BodyLimit
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Problem
from handstamp.plumbing.health import Check, check_database, check_jobs, health_route
from handstamp.plumbing.metrics_route import Read, job_figures, metrics_route
from handstamp.plumbing.mounted import Mounted
from handstamp.plumbing.refused_page import handle_http_exception, handle_problem
from handstamp.plumbing.requests import RequestMiddleware
from handstamp.plumbing.safe_headers import SafeHeadersMiddleware
from handstamp.plumbing.texts import LanguageMiddleware
from handstamp.plumbing.web import Services, build_services
from handstamp.pool import desk_routes as pool_desk_api
from handstamp.pool import routes as pool_api
from handstamp.pool.unmatched_figures import unmatched_figures
from handstamp.portal import routes as portal
from handstamp.preorders import charge_routes, credential_routes, push_routes
from handstamp.preorders import routes as preorders_api
from handstamp.privacy import routes as privacy_api
from handstamp.refunds import dispute_routes, many_routes
from handstamp.refunds import routes as refunds_api
from handstamp.selftest import routes as selftest_api
from handstamp.storefront import routes as storefront
from handstamp.support import routes as support_api
from handstamp.tickets import routes as tickets_api
from handstamp.transfers import routes as transfers_api
from handstamp.transfers.find_given import has_tickets
from handstamp.waitlist import routes as waitlist_api
from handstamp.webhooks import mail_events
from handstamp.webhooks import routes as webhooks_api
from handstamp.webhooks.check_stripe import check_stripe, webhook_figures
from handstamp.worker import MAILS, workers_of

LARGEST_BODY = 256 * 1024  # a route that takes more says so itself

CHECKS: dict[str, Check] = {
    "database": check_database,
    "jobs": check_jobs,
    "mail": check_mail,
    "feed": check_feed,
    "stock": check_stock,
    "pdf": check_fonts,
    "stripe": check_stripe,
}

FIGURES: list[Read] = [
    job_figures,
    door_figures,
    order_figures,
    webhook_figures,
    unmatched_figures,
]


def routes() -> list[BaseRoute]:
    """Return every route of the server, room by room; the door's first, they are asked most."""
    return [
        *checkin_api.routes,
        Route("/api/tickets/openapi.json", openapi),
        health_route(CHECKS),
        metrics_route(FIGURES),
        *auth_api.routes,
        *profile_routes.routes,
        *team_routes.routes,
        *events_api.routes,
        *tickets_api.routes,
        *pool_api.routes,
        *pool_desk_api.routes,
        *pool_door_api.routes,
        *credential_routes.routes,
        *clubs_api.routes,
        *preorders_api.routes,
        *charge_routes.routes,
        *push_routes.routes,
        *discounts_api.routes,
        *orders_api.routes,
        *offer_routes.routes,
        *waitlist_api.routes,
        *capacity_routes.routes,
        *export_routes.routes,
        *chosen_routes.routes,
        *schedule_routes.routes,
        *correct_routes.routes,
        *by_hand_routes.routes,
        *refunds_api.routes,
        *dispute_routes.routes,
        *notices_api.routes,
        *sales_api.routes,
        *many_routes.routes,
        *transfers_api.routes,
        *support_api.routes,
        *moderation_api.routes,
        *overview_api.routes,
        *selftest_api.routes,
        *fraud_api.routes,
        *privacy_api.routes,
        *payments_api.routes,
        *payout_routes.routes,
        *webhooks_api.routes,
        *mail_events.routes,
        *door_api.routes,
        *log_api.routes,
        *door_files.routes,
        *codes.routes,
        *pool_file.routes,
        *demo_site.routes,
        *storefront.routes,
        *portal.routes,
    ]


def layers(services: Services) -> list[Middleware]:
    """Return what every request passes, outermost first."""
    return [
        Middleware(Mounted, settings=services.settings),
        Middleware(SafeHeadersMiddleware, settings=services.settings),
        Middleware(RequestMiddleware),
        Middleware(LanguageMiddleware),
        Middleware(BodyLimit, largest=LARGEST_BODY),
        Middleware(SessionMiddleware, services=services),
    ]


def create_app(
    settings: Settings, clock: Clock = system_clock, *, services: Services | None = None
) -> Starlette:
    """Build the ASGI application; it may be mounted into another ASGI site.

    With `services` the application shares another part's database and signals, and leaves
    starting and closing them to it.
    """
    own = services is None
    services = services or build_services(settings, clock)
    services.rooms[MAIL_ROOM] = MAILS
    services.rooms[KNOWN_ROOM] = (has_tickets, is_known)
    services.rooms[START_ROOM] = check_start

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if own:
            await services.signals.start()
        open_gateway(services)
        async with _working(services):
            yield
        await close_door(services)
        await close_pdf(services)
        await close_mail(services)
        await close_gateway(services)
        if own:
            await services.signals.stop()
            await services.db.close()

    app = Starlette(
        routes=routes(),
        lifespan=lifespan,
        middleware=layers(services),
        exception_handlers={Problem: handle_problem, HTTPException: handle_http_exception},
    )
    app.state.services = services
    return app


@asynccontextmanager
async def _working(services: Services) -> AsyncIterator[None]:
    """Run the worker inside this process, unless the settings give it one of its own."""
    if not services.settings.run_worker:
        yield
        return
    workers = workers_of(services)
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    looking = asyncio.create_task(warn_of_fonts(services))
    yield
    looking.cancel()
    for worker in workers:
        worker.stop()
    await asyncio.gather(*tasks)
