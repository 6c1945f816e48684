"""Composition root of background work: every job and every schedule in one table."""

from handstamp.plumbing.jobs import Handler

JOBS: dict[str, Handler] = {}
