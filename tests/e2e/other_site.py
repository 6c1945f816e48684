"""A website of another origin with a strict policy, which has the widget on its page."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The Ink Room</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>The Ink Room</h1><p>Up one flight of stairs.</p>{tags}<p id="end">The end.</p>
</main></body></html>"""
POLICY = (
    "default-src 'none'; script-src {shop}; connect-src {shop}; style-src 'self';"
    " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass
class OtherSite:
    """The site: `tags` is what its page holds, `shop` the one address its policy allows."""

    shop: str
    tags: str = ""
    address: str = ""
    seen: list[str] = field(default_factory=list)


@contextmanager
def other_site(shop: str) -> Iterator[OtherSite]:
    """Serve the site while the block lasts."""
    site = OtherSite(shop)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.format(tags=site.tags).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(shop=site.shop))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            site.seen.append(format % args)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield site
        server.shutdown()
        thread.join()
