"""Composition root of the command line: every command in one table."""

from collections.abc import Callable
from typing import Any

import typer

from handstamp.commands.change_tickets import issue_tickets, reissue_tickets, revoke_tickets
from handstamp.commands.create_admin import create_admin
from handstamp.commands.export_guest_list import export_guest_list
from handstamp.commands.import_guest_list import import_guest_list
from handstamp.commands.migrate_database import migrate_database
from handstamp.commands.rotate_keys import rotate_keys
from handstamp.commands.run_demo import run_demo
from handstamp.commands.serve import serve
from handstamp.commands.work import work
from handstamp.commands.write_openapi import write_openapi

COMMANDS: dict[str, Callable[..., Any]] = {
    "serve": serve,
    "worker": work,
    "demo": run_demo,
    "openapi": write_openapi,
    "migrate": migrate_database,
    "import-guests": import_guest_list,
    "export-guests": export_guest_list,
}
GROUPS: dict[str, tuple[str, dict[str, Callable[..., Any]]]] = {
    "admin": ("People who run this server.", {"create": create_admin}),
    "tickets": (
        "Issue, revoke and re-issue tickets.",
        {"issue": issue_tickets, "revoke": revoke_tickets, "reissue": reissue_tickets},
    ),
    "keys": ("The keys that sign tickets.", {"rotate": rotate_keys}),
}


def build() -> typer.Typer:
    """Build the command line from its tables."""
    app = _group("Handstamp: ticketing whose door works with no signal.")
    for name, command in COMMANDS.items():
        app.command(name)(command)
    for group, (about, commands) in GROUPS.items():
        part = _group(about)
        for name, command in commands.items():
            part.command(name)(command)
        app.add_typer(part, name=group)
    return app


def _group(about: str) -> typer.Typer:
    return typer.Typer(
        help=about, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
    )


app = build()


def main() -> None:
    """Run the command line."""
    app()
