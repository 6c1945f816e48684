"""`python -m fakestripe`: serve the double on loopback and say where."""

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from fakestripe import webhook_endpoints
from fakestripe.app import create_app
from fakestripe.control import prepare
from fakestripe.spec import Spec
from fakestripe.state_file import StateFile
from fakestripe.webhook_endpoints import COLLECTED
from fakestripe.world import Clock, World

HOST = "127.0.0.1"


def main() -> None:
    """Serve until told to stop."""
    said = _arguments()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, said.port))
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    world = World(Spec(), said.public_url or address, StateFile(said.state), Clock(said.now))
    world.load()
    prepare(world)
    for connect, target in ((False, said.webhook), (True, said.connect_webhook)):
        url, _, secret = target.rpartition("=")
        name = "connect" if connect else "platform"
        webhook_endpoints.put(
            world, url=url or f"{COLLECTED}{name}", secret=secret, connect=connect
        )
    world.save()
    config = uvicorn.Config(
        create_app(world), log_level="critical", access_log=False, lifespan="on"
    )
    listener.listen(128)
    if said.until_stdin_ends:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    print(f"fakestripe {address}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


def _end_with_stdin() -> None:
    """Stop once whoever holds the other end of standard input is gone, however it went."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fakestripe", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="a file that keeps everything over restarts")
    parser.add_argument("--now", type=int, help="seconds since 1970 at which the clock stands")
    parser.add_argument("--public-url", help="how browsers reach this program, if not by loopback")
    parser.add_argument(
        "--until-stdin-ends", action="store_true", help="stop when standard input is closed"
    )
    parser.add_argument("--webhook", default="=whsec_platform", metavar="URL=SECRET")
    parser.add_argument("--connect-webhook", default="=whsec_connect", metavar="URL=SECRET")
    return parser.parse_args()


if __name__ == "__main__":
    main()
