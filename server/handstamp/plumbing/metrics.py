"""Prometheus metrics `tickets_*`: counters of each process, and figures read at scraping.

With several server processes set `PROMETHEUS_MULTIPROC_DIR` to an empty folder before they
start; what comes from the database is the same whichever process answers.
"""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

REQUESTS = Counter("tickets_http_requests_total", "Requests", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "tickets_http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
JOBS_FINISHED = Counter("tickets_jobs_finished_total", "Jobs run", ["kind", "outcome"])
MAILS = Counter("tickets_mails_total", "Mails handed over", ["kind", "outcome"])
MAIL_EVENTS = Counter(
    "tickets_mail_events_total", "What mail providers said", ["provider", "outcome"]
)
PDFS = Counter("tickets_pdfs_total", "PDFs of tickets drawn", ["outcome"])
REFUNDS = Counter("tickets_refunds_total", "Refunds as they move on", ["outcome"])
DISPUTES = Counter("tickets_disputes_total", "Disputes opened, won and lost", ["outcome"])
WEBHOOKS = Counter("tickets_webhooks_total", "Stripe's events", ["type", "outcome"])
ORDERS_CREATED = Counter("tickets_orders_created_total", "Orders that began with a hold")
ORDERS_PAID = Counter("tickets_orders_paid_total", "Orders whose tickets were issued")
ORDERS_TIMED_OUT = Counter("tickets_orders_timed_out_total", "Holds that ended unpaid in time")
ORDERS_CLOSED = Counter("tickets_orders_cancelled_total", "Holds given back or replaced")
ORDERS_LATE = Counter("tickets_orders_paid_late_total", "Payments that came when all was sold")
PAYMENT_FAILURES = Counter("tickets_payment_failures_total", "Payments that were declined")
FRAUD_SIGNALS = Counter("tickets_fraud_signals_total", "Purchases that looked odd", ["kind"])
PREORDERS_CHARGED = Counter(
    "tickets_preorders_charged_total", "Charges of pre-orders as they end", ["outcome"]
)
# These two have the names of the product brief, without our prefix. Events come and go, so the
# second is read from the database at scraping (pool/unmatched_figures.py): nobody sets it.
ASSIGNMENT_SECONDS = Histogram(
    "ticket_assignment_duration_seconds",
    "From having a ticket and a paid pre-order to their assignment, or to the end of a vain look",
    ["status"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600),
)
UNMATCHED_TICKETS = "unmatched_tickets_total"
SIGN_INS = Counter("tickets_sign_ins_total", "Sign-in attempts", ["outcome"])

Figure = tuple[str, str, dict[str, str], float]


class _Read(Collector):
    """Figures read from the database for one scrape: (name, help, labels, value)."""

    def __init__(self, figures: list[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, text, labels, value in self._figures:
            family = families.setdefault(name, GaugeMetricFamily(name, text, labels=list(labels)))
            family.add_metric(list(labels.values()), value)
        yield from families.values()


def exposition(figures: list[Figure]) -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(figures))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
