"""Composition root of the command line: every command in one table."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import typer

from handstamp.plumbing.memory import none_collected

# Where each command is. Only the one that is typed gets loaded: loading the whole server would
# cost a refund from the command line longer than telling every phone of it.
COMMANDS: dict[str, str] = {
    "serve": "serve:serve",
    "worker": "work:work",
    "demo": "run_demo:run_demo",
    "openapi": "write_openapi:write_openapi",
    "migrate": "migrate_database:migrate_database",
    "import-guests": "import_guest_list:import_guest_list",
    "export-guests": "export_guest_list:export_guest_list",
    "export-logs": "export_logs:export_logs",
    "hand-in-log": "hand_in_log:hand_in_log",
    "verify-log": "verify_logs:verify_logs",
    "verify-feed": "verify_feeds:verify_feeds",
    "verify-audit": "verify_audits:verify_audits",
    "self-test": "self_test:self_test",
    "backup": "backup_database:backup_database",
    "restore": "restore_database:restore_database",
    "erase": "erase_people:erase",
    "export-person": "erase_people:export",
}
GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "admin": ("People who run this server.", {"create": "create_admin:create_admin"}),
    "tickets": (
        "Issue, revoke and re-issue tickets.",
        {
            "issue": "change_tickets:issue_tickets",
            "revoke": "change_tickets:revoke_tickets",
            "reissue": "change_tickets:reissue_tickets",
        },
    ),
    "webhooks": (
        "Events and background work that were given up.",
        {"list": "dead_letters:list_letters", "replay": "dead_letters:replay_letters"},
    ),
    "preorders": (
        "Club pre-orders.",
        {"verify-draw": "check_draws:verify"},
    ),
    "pool": (
        "Tickets from elsewhere.",
        {"rotate-key": "rotate_credentials:rotate_credentials"},
    ),
    "keys": (
        "The keys that sign tickets, and the server's own.",
        {"rotate": "rotate_keys:rotate_keys", "show": "show_keys:show_keys"},
    ),
}


def build(words: Sequence[str] = ()) -> typer.Typer:
    """Build the command line from its tables: what `words` ask for, or else everything."""
    first = words[0] if words else ""
    chosen = {first} if first in COMMANDS or first in GROUPS else {*COMMANDS, *GROUPS}
    app = _group("Handstamp: ticketing whose door works with no signal.")
    for name, place in COMMANDS.items():
        if name in chosen:
            app.command(name)(_load(place))
    for group, (about, commands) in GROUPS.items():
        if group in chosen:
            part = _group(about)
            for name, place in commands.items():
                part.command(name)(_load(place))
            app.add_typer(part, name=group)
    return app


def _load(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    command: Callable[..., Any] = getattr(import_module(f"handstamp.commands.{module}"), name)
    return command


def _group(about: str) -> typer.Typer:
    # With a callback a group stays one, even when it has a single command.
    return typer.Typer(
        help=about,
        callback=lambda: None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )


def main() -> None:
    """Run the command line."""
    with none_collected():
        app = build(sys.argv[1:])
    app()
