"""Composition root of the command line: every command in one table."""

import typer

app = typer.Typer(no_args_is_help=True, help="Handstamp: ticketing whose door works with no signal")


def main() -> None:
    """Run the command line."""
    app()
