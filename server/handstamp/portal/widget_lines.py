"""The lines that put the widget into a page of another site; pure."""

from html import escape


def event_lines(public_url: str, slug: str, title: str) -> str:
    """Return the lines that show an event's button."""
    source = f'async src="{escape(public_url)}/tickets/widget.js"'
    return _lines(source, f'data-event="{escape(slug)}"', f"{public_url}/tickets/e/{slug}", title)


def pinned_lines(public_url: str, slug: str, title: str, *, version: int, integrity: str) -> str:
    """Return the lines that show an event's button by one version of the script alone."""
    source = f'async src="{escape(public_url)}/tickets/widget/{version}.js"'
    pinned = f'{source}\n  integrity="{integrity}" crossorigin="anonymous"'
    return _lines(pinned, f'data-event="{escape(slug)}"', f"{public_url}/tickets/e/{slug}", title)


def organizer_lines(public_url: str, organizer_id: str, title: str) -> str:
    """Return the lines that list an organizer's next events."""
    source = f'async src="{escape(public_url)}/tickets/widget.js"'
    return _lines(
        source, f'data-organizer="{escape(organizer_id)}"', f"{public_url}/tickets/events", title
    )


def _lines(source: str, whose: str, page: str, title: str) -> str:
    link = f'<noscript><a href="{escape(page)}">{escape(title)}</a></noscript>'
    return f"<script {source}\n  {whose}></script>\n{link}"
