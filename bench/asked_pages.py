"""Pages that one signed-in person asks for in turn, on one kept connection: how long they take."""

from collections.abc import Callable, Mapping

from tests.factories.auth import Person

from bench.clients import request_bytes, run_clients
from bench.figure import Figure, share
from bench.installation import Installation, server


async def ask_pages(
    here: Installation,
    person: Person,
    name: str,
    paths: Callable[[int], Mapping[str, str]],
    *,
    asked: int,
    warm: int,
    goal: str = "< 100",
) -> dict[str, Figure]:
    """Ask a server so often and return p50, p95 (which has `goal`) and each kind's own p95.

    `paths` gives the addresses of a request's number by what they show; they take turns. The first
    `warm` requests are not measured.
    """
    html = {"Accept": "text/html", "Authorization": f"Bearer {person.token}"}
    kinds = list(paths(0))
    requests = [
        request_bytes("GET", paths(n)[kinds[n % len(kinds)]], html) for n in range(asked + warm)
    ]
    async with server(here):
        run = await run_clients(here.folder, here.port, [requests], warm=warm)
    assert set(run.statuses) == {"200"}, run.statuses
    found = {
        f"{name}, {words}": Figure(share(run.latencies, part) * 1_000, "ms", wanted)
        for words, part, wanted in (("p50", 0.5, ""), ("p95", 0.95, goal))
    }
    for place, label in enumerate(kinds):
        own = [one for n, one in enumerate(run.latencies) if (n + warm) % len(kinds) == place]
        found[f"{name}, {label}, p95"] = Figure(share(own, 0.95) * 1_000, "ms")
    return found
