"""The processes of an installation that sells: server and workers, to be killed and started."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HANDSTAMP = Path(sys.executable).with_name("handstamp")
DYING = Path(__file__).with_name("dying_process.py")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0  # another test may have the machine


@dataclass
class Handstamp:
    """One `handstamp serve` or `handstamp worker`, run so that it can be told when to die."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    _armed: int = 0

    @property
    def log(self) -> Path:
        """Where its words go."""
        return self.folder / f"{self.name}.log"

    @property
    def plan(self) -> Path:
        """The file that says at which step it dies."""
        return self.folder / f"{self.name}.plan"

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it with nothing planned and wait until it is ready."""
        self.die_at(0)
        self.starts += 1
        start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                DYING,
                self.plan,
                *self.command,
                env={**os.environ, **self.environment},
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        async with asyncio.timeout(PATIENCE_S):
            while b"\nready" not in b"\n" + self.log.read_bytes()[start:]:
                assert self.is_alive, self.tail()
                await asyncio.sleep(0.02)

    def die_at(self, step: int, name: str = "") -> None:
        """Have it die at its n-th step (of that name) from now; 0 is never. It counts anew."""
        self._armed += 1
        self.steps_file.write_text("")
        making = self.plan.with_suffix(".new")
        making.write_text(f"{step} {self._armed} {name}")
        making.rename(self.plan)

    @property
    def steps_file(self) -> Path:
        """Where it notes its steps."""
        return self.folder / f"{self.name}.steps"

    def steps(self) -> list[str]:
        """Return the steps since counting began."""
        return self.steps_file.read_text().splitlines()

    async def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            if self.is_alive:
                self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.is_alive:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 30)
            except TimeoutError:
                await self.kill()

    def tail(self) -> str:
        """Return its last words."""
        return f"{self.name}: " + (self.log.read_text()[-3000:] if self.log.exists() else "")
