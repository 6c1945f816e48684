"""The double of Stripe beside the demo: a program of its own, which ends with it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from handstamp.kit.signing import derive

KEY, PUBLISHABLE_KEY = "sk_test_demo", "pk_test_demo"
CARD = "4242 4242 4242 4242"
CARDS = (
    (CARD, "pays"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0025 0000 3155", "asks for 3D Secure"),
    ("4000 0000 0000 0259", "pays, and is disputed later"),
)
_PATIENCE_S = 30.0


class NoDouble(Exception):
    """The program did not start; the message says why."""


@dataclass(frozen=True)
class Double:
    """Where the double is, and the secrets under which it sends events to the demo."""

    url: str
    platform_secret: str
    connect_secret: str

    async def order(self, name: str, /, **said: object) -> Any:
        """Do something in Stripe's stead, such as paying with a card, and return the answer."""
        async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_S) as http:
            answer = await http.post(f"{self.url}/_control/{name}", json=said)
        answer.raise_for_status()
        return answer.json()


def beside(port: int) -> int:
    """Return the port after the demo's own if it is free, so that addresses last; else 0."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port + 1))
        except (OSError, OverflowError):
            return 0
    return port + 1


@dataclass(frozen=True)
class StartingDouble:
    """The program on its way: it takes seconds, in which the demo prepares the rest."""

    process: subprocess.Popen[str]
    platform_secret: str
    connect_secret: str

    def ready(self) -> Double:
        """Wait until it listens.

        Raises:
            NoDouble: it does not start.
        """
        assert self.process.stdout is not None
        name, _, url = self.process.stdout.readline().strip().partition(" ")
        if name != "fakestripe":
            raise NoDouble("the double of Stripe did not start; what it says stands above")
        return Double(url, self.platform_secret, self.connect_secret)


@contextmanager
def running_double(folder: Path, port: int, demo: str, secret: str) -> Iterator[StartingDouble]:
    """Run the double while the block lasts; what it holds stays in `folder`.

    Args:
        port: where it listens; 0 takes any that is free.
        demo: the demo's own address, to which events are sent.
        secret: the demo's secret, from which those of the webhooks are derived.
    """
    platform, connect = (
        derive(secret.encode(), f"demo webhooks {name}").hex() for name in ("platform", "connect")
    )
    webhooks = f"{demo}/api/tickets/webhooks/stripe"
    # Its standard input is this process's to close: dying in whatever way closes it as well.
    command = [sys.executable, "-m", "fakestripe", "--until-stdin-ends", "--port", str(port)]
    command += ["--state", str(folder / "stripe.db"), "--webhook", f"{webhooks}={platform}"]
    command += ["--connect-webhook", f"{webhooks}/connect={connect}"]
    process = subprocess.Popen(  # noqa: S603 (our own program, by its name)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield StartingDouble(process, platform, connect)
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(_PATIENCE_S)
        process.stdout.close()
