"""A realistic night: mistyped variants, a mail server with moods, one worker and two.

2,000 members have paid for four tiers; the file has a ticket for each, in another order, and a
tenth of its rows name a variant wrongly, as people do (a letter left out, doubled or swapped). It
is looked at by the API, what has a suggestion is taken, the rest left out, and it is committed. The
mail server waits 50 ms for each mail, refuses 2 % of the recipients at first and 0.3 % for good.
*Assigned*: of all members, who has a ticket at the end. *Failed*: of the mails, which never
arrived. *Median*: from the first byte of the committed upload to the mail server's
acceptance. *Ratio*: mails a second with two workers over those with one, in the same run, until
95 % had gone: who is refused at first comes again after a while. PostgreSQL, workers in processes
of their own; the random numbers are seeded.
"""

import json
import time
from collections.abc import Mapping, Sequence
from random import Random
from statistics import median
from typing import Any

from bench.figure import Figure
from bench.installation import TIERS, Installation, installation
from bench.mail_sink import MailSink, mail_sink
from bench.pool_world import UPLOAD, fulfilled, owner_of, running, until, waiting_members
from sqlalchemy import func, select
from tests.factories.auth import Person
from tests.factories.pool import pool_csv

from handstamp.mail.models import Mail

MEMBERS = 2_000
WRONG = 0.1
MOST = 0.95


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    rates: list[float] = []
    for workers in (1, 2):
        async with installation("postgresql") as here:
            moods = {"wait_ms": 50, "later": 20, "never": 3}
            async with mail_sink(here.folder / "mails", **moods) as mails:
                here.more |= {"HANDSTAMP_MAIL_URL": mails.url, "ENABLE_TICKETING_PREORDERS": "true"}
                one = await _run(here, mails, workers)
        rates.append(one.pop("rate"))
        if workers == 1:
            found["seeded run: assigned by itself"] = Figure(one["assigned"] * 100, "%", ">= 95")
            found["seeded run: mails that failed"] = Figure(one["failed"] * 100, "%", "< 0.5")
            found["seeded run: upload to mail, median"] = Figure(one["median"], "s", "< 120")
    found["mails with 2 workers over 1, 50 ms latency"] = Figure(rates[1] / rates[0], "x", ">= 1.5")
    return found


async def _run(here: Installation, mails: MailSink, workers: int) -> dict[str, float]:
    random = Random(7)
    offer = await waiting_members(here, MEMBERS, len(TIERS))
    person = await owner_of(here, offer.event.organizer_id)
    content = _file(random, offer.event.title)
    async with running(here, workers) as serving:
        fixes = await _fixes(serving.http, person, content)
        clock = time.time()  # that of the mail server, too
        report = await _send(
            serving.http, person, content,
            commit="true", leave_out_bad="true", fixes=json.dumps(fixes),
        )  # fmt: skip
        expected = report["tickets"]

        async def all_told() -> bool:
            return await fulfilled(here) >= expected and await _mails(here, "queued") == 0

        await until(all_told)
    arrived = sorted(at - clock for at in mails.taken().values())
    most = round(MOST * len(arrived))
    return {
        "assigned": await fulfilled(here) / MEMBERS,
        "failed": await _mails(here, "failed") / expected,
        "median": median(arrived),
        "rate": most / arrived[most - 1],
    }


def _file(random: Random, title: str) -> bytes:
    rows = []
    for number in range(MEMBERS):
        name = TIERS[number % len(TIERS)]
        typed = _mistyped(random, name) if random.random() < WRONG else name
        rows.append([title, typed, f"account{number}@tickets.example", f"secret-{number:05d}"])
    random.shuffle(rows)
    return pool_csv(rows)


def _mistyped(random: Random, name: str) -> str:
    at = random.randrange(1, len(name) - 1)
    wrong = (
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    )
    return random.choice([one for one in wrong if one != name])  # two like letters swap to the same


async def _fixes(http: Any, person: Person, content: bytes) -> dict[str, Any]:
    """Take the first suggestion for each unknown name; leave out what has none."""
    report = await _send(http, person, content)
    variants: dict[str, dict[str, str]] = {}
    for one in report["unknown_variants"]:
        first: Sequence[Mapping[str, str]] = one["suggestions"]
        chosen = first[0]["id"] if first else ""
        variants.setdefault(one["event_id"], {})[one["typed"]] = chosen
    return {"variants": variants}


async def _send(http: Any, person: Person, content: bytes, **more: str) -> Any:
    answer = await http.post(
        UPLOAD,
        params={"filename": "night.csv", **more},
        headers={**person.headers, "Content-Type": "text/csv"},
        content=content,
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


async def _mails(here: Installation, status: str) -> int:
    async with here.services.db.read() as session:
        return int(await session.scalar(select(func.count()).where(Mail.status == status)) or 0)
