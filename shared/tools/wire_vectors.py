"""Vectors of facts, rows, heads, envelopes and snapshots."""

import base64
from dataclasses import asdict, replace
from typing import Any

from shared.tools.token_vectors import Vector, private_key

from handstamp.checkin import wire
from handstamp.checkin.wire import Fact, FactRow, TicketRow
from handstamp.kit.signing import public_key, sign

NOON = 1_795_262_400_000
HASH = bytes(range(32))
PLAIN = Fact(
    device=0x0A0B0C0D0E0F,
    number=1,
    previous=wire.NO_HASH,
    kind=1,
    list_no=1,
    rule_rev=1,
    serial=0x0102030405,
    epoch=1,
    how=1,
    verdict=1,
    flags=0,
    digest=bytes(range(1, 9)),
    claimed=NOON,
    clock=NOON + 1500,
    cursor=42,
    age=30,
)
FULL = replace(
    PLAIN,
    number=300,
    previous=HASH,
    how=2,
    flags=5,
    digest=wire.NO_DIGEST,
    count=3,
    seen=((1, 1, 1), (2**48 - 1, 2**53 - 1, 2**48 - 1)),
    target=(7, 8, 9),
    operator="Zoë",
    gate="北门",
    note="no 🎟 in hand",
)
FACTS = {
    "first fact, a scan": PLAIN,
    "every member filled": FULL,
    "a denial without a ticket": replace(
        PLAIN, kind=2, list_no=0, rule_rev=0, serial=0, epoch=0, verdict=14, digest=bytes(8)
    ),
    "greatest numbers": replace(
        PLAIN,
        device=2**48 - 1,
        number=2**53 - 1,
        serial=2**40 - 1,
        epoch=255,
        claimed=2**53 - 1,
        clock=2**53 - 1,
    ),
    "kind, how, verdict and flags of a newer side": replace(
        PLAIN, kind=200, how=99, verdict=77, flags=1 << 40
    ),
    "more behind the note": replace(PLAIN, extra=b"\x01later"),
    "a byte order mark is a letter": replace(PLAIN, operator="\ufeffA"),
}


def fact_json(fact: Fact) -> Vector:
    """Write a fact as `schemas/fact.schema.json` has it."""
    written: dict[str, Any] = asdict(fact)
    written["list"] = written.pop("list_no")
    written["rule"] = written.pop("rule_rev")
    for member in ("previous", "digest", "extra"):
        written[member] = base64.b64encode(written[member]).decode()
    written["seen"] = [[*ref] for ref in fact.seen]
    written["target"] = None if fact.target is None else [*fact.target]
    return written


def facts() -> list[Vector]:
    """Fact to bytes, hash and tag, and back."""
    vectors = []
    for name, fact in FACTS.items():
        laid_out = wire.encode_fact(fact)
        digest = wire.fact_hash(laid_out)
        vectors.append(
            {
                "name": name,
                "fact": fact_json(fact),
                "bytes": laid_out.hex(),
                "hash": digest.hex(),
                "tag": wire.tag_of(digest),
            }
        )
    return vectors


def broken_facts() -> list[Vector]:
    """Bytes that are no fact."""
    good = wire.encode_fact(PLAIN)
    number_at = 1 + 6
    cases = {
        "nothing": b"",
        "a newer format": b"\x02" + good[1:],
        "device 0": good[:1] + bytes(6) + good[7:],
        "number 0": good[:number_at] + b"\0" + good[number_at + 1 :],
        "number not in shortest form": good[:number_at] + b"\x81\0" + good[number_at + 1 :],
        "number of 2^53": good[:number_at] + b"\x80\x80\x80\x80\x80\x80\x80\x10" + good[8:],
        "number of nine bytes": good[:number_at] + b"\x80" * 8 + b"\x01" + good[8:],
        "cut within the hash": good[:20],
        "last byte missing": good[:-1],
        "count 0": _with_count_0(good),
        "target neither there nor not": good[:-4] + b"\x02" + good[-3:],
        "target cut short": good[:-4] + b"\x01" + good[-3:],
        "more refs than bytes": good[:-5] + b"\xff\x7f" + good[-4:],
        "a text that is not UTF-8": good[:-3] + b"\x01\xff" + good[-2:],
        "a text with half a surrogate pair": good[:-3] + b"\x03\xed\xa0\x80" + good[-2:],
        "longer than 8,192 bytes": good + bytes(8193 - len(good)),
    }
    return [{"name": name, "bytes": laid_out.hex()} for name, laid_out in cases.items()]


def _with_count_0(good: bytes) -> bytes:
    count_at = len(good) - 6  # count, seen, target and three empty texts end a plain fact
    return good[:count_at] + b"\0" + good[count_at + 1 :]


def rows() -> list[Vector]:
    """Fact and stamp to the row that is fed."""
    ten = 10 * 60_000
    known: dict[str, dict[str, Any]] = {
        "own and not acknowledged": {"stamp": None, "scanned": True},
        "received at once": {"stamp": NOON + 800, "scanned": True},
        "received ten minutes later": {"stamp": NOON + ten, "scanned": True},
        "received later than that": {"stamp": NOON + ten + 1, "scanned": True},
        "claimed in the future": {"stamp": NOON - 5000, "scanned": True},
        "claimed far in the future": {"stamp": NOON - ten - 1, "scanned": False},
        "made by the server": {"stamp": NOON, "scanned": True, "backed": True},
        "received after revocation": {"stamp": NOON + 1, "scanned": False, "after_end": True},
    }
    vectors = []
    for name, how in known.items():
        row = wire.row_of(FULL, 77, **how)
        given = {"backed": False, "after_end": False, **how}
        vectors.append(
            {"name": name, "fact": fact_json(FULL), "tag": 77, **given, "row": row.to_json()}
        )
    return vectors


def heads() -> list[Vector]:
    """Device, number and hash to what is signed, and the signature."""
    private = private_key("device")
    vectors = []
    for device, number in ((1, 1), (2**48 - 1, 2**53 - 1)):
        message = wire.head_message(device, number, HASH)
        vectors.append(
            {
                "name": f"device {device}",
                "device": device,
                "number": number,
                "hash": HASH.hex(),
                "message": message.hex(),
                "private": base64.b64encode(private).decode(),
                "signature": base64.b64encode(sign(private, message)).decode(),
            }
        )
    return vectors


HEADER = {
    "protocol": 1,
    "event": {
        "id": "evt_1",
        "number": 0x123456,
        "title": "Nuit blanche – 夜",
        "start": NOON,
        "end": NOON + 6 * 3_600_000,
        "time_zone": "America/Vancouver",
        "prefix": "MGY-PF-20261121-",
        "unknown_policy": "accept_and_flag",
        "unknown_max_age_s": 43200,
        "fields": "name,email,order",
    },
    "cursor": {"feed": "fd_1", "seq": 9, "digest": "AAECAwQFBgcICQoLDA0ODw=="},
    "made_at": NOON,
    "keys": [],
    "lists": [{"list": 1, "rev": 1, "rules": {"name": "Door", "tiers": [{"tier": 1}]}}],
    "tiers": [{"tier": 1, "name": "Early"}],
    "devices": [[0x0A0B0C0D0E0F, "Phone 1", "North", "phone"]],
}
TICKETS = [
    TicketRow(5, 1, 0, 1, "Anna Smith", "anna.smith87@gmail.example", "AB12C"),
    TicketRow(6, 1, 0, 1, "Anna Smith", "anna.smith87@gmail.example", "AB12C"),
    TicketRow(7, 2, 1, 2, "Ben Smith", "bsmith@firm.example", "AB12C"),
    TicketRow(8, 1, 0, 1, "José María Müller", "jmuller007@gmail.example", "ZZ900"),
    TicketRow(9, 1, 2, 255, "Łukasz Żółć", "żółć@poczta.example", "QQ111"),
    TicketRow(10, 255, 3, 1, "佐藤 美咲", "misaki.s@gmail.example", "QQ112"),
    TicketRow(11, 1, 0, 1, "Madonna", "madonna@home@example", "QQ113"),
    TicketRow(2**40 - 1, 1, 4, 1, "", "", ""),
    TicketRow(0, 1, 0, 1, "Smithers 🎟 Smith🎟", "no address", "QQ114"),
    TicketRow(12, 1, 0, 1, " odd  spaces ", "smith.a1950@gmail.example", "QQ115"),
    TicketRow(13, 1, 0, 1, "Carla O'Neill", "12345678901@x.example", "QQ116"),
    TicketRow(14, 1, 0, 1, "Dora Smithson", "doras@x.example", "QQ117"),
    TicketRow(15, 1, 0, 1, "\ufeffEvil\u2028Name", "\ufeff@x.example", "QQ118"),
]
FEED = [
    FactRow(3, 1, 2**48 - 1, 1, 1, 1, 5, 1, 1, 3, NOON, (), None),
    FactRow(3, 2, 17, 1, 1, 1, 5, 1, 1, 3, NOON - 60_000, ((3, 1, 2**48 - 1), (9, 9, 9)), None),
    FactRow(3, 2, 18, 4, 1, 1, 5, 1, 1, 1, NOON, (), (3, 1, 2**48 - 1)),
    FactRow(2**48 - 1, 4, 1, 1, 1, 2, 999, 3, 2, 6, NOON + 5, (), (8, 8, 8)),
]


def with_codes(codes: dict[int, bytes]) -> list[TicketRow]:
    """The tickets with digests of codes by serial (R46)."""
    return [row._replace(code=codes.get(row.serial, b"")) for row in TICKETS]


def with_notes(notes: dict[int, str]) -> list[TicketRow]:
    """The tickets with notes by serial (R62)."""
    return [row._replace(note=notes.get(row.serial, "")) for row in TICKETS]


def snapshots() -> list[Vector]:
    """Header and rows to a payload, and the payload read again."""
    cases: dict[str, tuple[list[TicketRow], list[FactRow]]] = {
        "nothing sold": ([], []),
        "one ticket": (TICKETS[:1], []),
        "names of many kinds": (TICKETS, FEED),
        "orders equally long": (TICKETS[:7], []),
        "a code from elsewhere": (with_codes({7: HASH[:8]}), []),
        "several codes": (
            with_codes(
                {0: b"\0" * 7 + b"\1", 5: HASH[8:16], 6: HASH[8:16], 2**40 - 1: b"\xff" * 8}
            ),
            FEED,
        ),
        "a note": (with_notes({9: "wheelchair: side entrance"}), []),
        "notes and codes": (
            [
                row._replace(note={0: "VIP 🎟", 5: "VIP 🎟", 12: "ask for Ada"}.get(row.serial, ""))
                for row in with_codes({5: HASH[8:16], 6: HASH[:8]})
            ],
            FEED,
        ),
        "no personal fields": ([row._replace(name="", email="", order="") for row in TICKETS], []),
    }
    vectors = []
    for name, (tickets, feed) in cases.items():
        payload = wire.encode_snapshot(HEADER, tickets, feed)
        vectors.append(
            {
                "name": name,
                "header": HEADER,
                "tickets": [row.to_json() for row in sorted(tickets)],
                "facts": [row.to_json() for row in sorted(feed)],
                "payload": base64.b64encode(payload).decode(),
            }
        )
    return vectors


def envelopes() -> list[Vector]:
    """Signed bytes, and whether they open under the pinned key."""
    private = private_key("server")
    payload = b"payload\nof two lines"
    signature = sign(private, wire.snapshot_message(payload))
    good = wire.pack_envelope(payload, signature)
    stranger = sign(private_key("stranger"), wire.snapshot_message(payload))
    cases = {
        "genuine": (good, True),
        "members of a newer side": (good.replace(b'{"v":1', b'{"v":1,"also":[2]'), True),
        "payload changed": (good[:-1] + b"S", False),
        "payload cut": (good[:-1], False),
        "another's signature": (wire.pack_envelope(payload, stranger), False),
        "a newer envelope": (good.replace(b'"v":1', b'"v":2'), False),
        "no envelope": (payload, False),
        "not an object": (b"null\n" + payload, False),
        "no signature": (b'{"v":1}\n' + payload, False),
        "empty": (b"", False),
    }
    return [
        {
            "name": name,
            "server_key": base64.b64encode(public_key(private)).decode(),
            "bytes": base64.b64encode(data).decode(),
            "payload": base64.b64encode(payload).decode() if opens else None,
        }
        for name, (data, opens) in cases.items()
    ]


def files() -> dict[str, Vector]:
    """Every file of vectors/wire."""
    table = {
        "facts": ("Facts as bytes", ["R2", "R10", "R11", "R12", "R13", "R43"], facts()),
        "broken_facts": ("Bytes that are no fact", ["R11"], broken_facts()),
        "rows": ("Facts as they are fed", ["R18", "R36"], rows()),
        "heads": ("What a device signs of its log", ["R14"], heads()),
        "snapshots": ("Snapshots as columns", ["R35", "R36", "R38", "R47"], snapshots()),
        "envelopes": ("Signed snapshots", ["R37"], envelopes()),
    }
    return {
        f"wire/{name}.json": {"title": title, "clauses": clauses, "vectors": vectors}
        for name, (title, clauses, vectors) in table.items()
    }
