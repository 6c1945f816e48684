"""The two implementations of the protocol behind one interface: an operation, JSON in, JSON out."""

import base64
import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from handstamp.checkin import fold, verdict, wire
from handstamp.checkin.movements import FoldFact
from handstamp.checkin.sealed_list import open_for_device
from handstamp.checkin.turns import Turn
from handstamp.checkin.undo import grants
from handstamp.checkin.wire import Fact, FactRow, TicketRow
from handstamp.kit.ids import base32_encode, device_hex, luhn32
from handstamp.kit.signing import verify
from handstamp.tickets import token
from handstamp.tickets.foreign_code import foreign_code_digest
from handstamp.tickets.printed_id import serial_of

Json = Any
ROOT = Path(__file__).parents[2]


class Refused(Exception):
    """The twin said that the input is not what it must be."""


class Twin(Protocol):
    """What both twins answer to; the operations are those of `twin.mjs`."""

    def __call__(self, op: str, given: Json = None) -> Json:
        """Return the answer, or raise Refused."""


class JavaScript:
    """The twins of pwa/src/core in a Node process."""

    def __init__(self) -> None:
        self._node = subprocess.Popen(
            ["node", str(ROOT / "tests" / "contract" / "twin.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, op: str, given: Json = None) -> Json:
        """Return the answer, or raise Refused."""
        self.ask(op, given)
        return self.answer()

    def ask(self, op: str, given: Json) -> None:
        """Begin an operation; `answer` waits for it."""
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps({"op": op, "input": given}) + "\n")
        self._node.stdin.flush()

    def answer(self) -> Json:
        """Return the answer, or raise Refused."""
        assert self._node.stdout is not None
        answer = json.loads(self._node.stdout.readline())
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["value"]

    def close(self) -> None:
        """End the process."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.wait()
        self._node.stdout.close()


class Python:
    """The twins of server/handstamp."""

    def __call__(self, op: str, given: Json = None) -> Json:
        """Return the answer, or raise Refused."""
        try:
            return getattr(self, op)(given)
        except ValueError as error:
            raise Refused(str(error)) from error

    def encodeToken(self, given: Json) -> Json:  # noqa: N802
        signature = base64.b64decode(given["signature"])
        body = bytes.fromhex(given["body"])
        text = "HS" + base32_encode(int.from_bytes(body + signature, "big"), token.LETTERS)
        read = token.parse_token(text)
        assert read is not None
        return {"text": text, "digest": token.token_digest(read.signature).hex()}

    def readToken(self, given: Json) -> Json:  # noqa: N802
        read = token.check_token(given["text"], key_table(given["keys"]))
        body = read.token.body if read.token else None
        said = None if body is None else body._asdict()
        return {"check": read.check, "token": said, "compromised": read.compromised}

    def countAccepted(self, given: Json) -> Json:  # noqa: N802
        keys = key_table(given["keys"])
        return sum(token.check_token(text, keys).check == "ok" for text in given["texts"])

    def verify(self, given: Json) -> Json:
        members = (given["public"], given["signature"], given["message"])
        return verify(*map(base64.b64decode, members))

    def serialLetters(self, given: Json) -> Json:  # noqa: N802
        letters = base32_encode(given["serial"], 8)
        return letters + luhn32(letters)

    def serialOf(self, given: Json) -> Json:  # noqa: N802
        return serial_of(given["letters"])

    def foreignCodeDigest(self, given: Json) -> Json:  # noqa: N802
        digest = foreign_code_digest(given["event"], given["text"])
        return digest and digest.hex()

    def deviceHex(self, given: Json) -> Json:  # noqa: N802
        return device_hex(given["device"])

    def encodeFact(self, given: Json) -> Json:  # noqa: N802
        laid_out = wire.encode_fact(fact_of(given["fact"]))
        digest = wire.fact_hash(laid_out)
        return {"bytes": laid_out.hex(), "hash": digest.hex(), "tag": wire.tag_of(digest)}

    def decodeFact(self, given: Json) -> Json:  # noqa: N802
        return fact_json(wire.decode_fact(bytes.fromhex(given["bytes"])))

    def rowOf(self, given: Json) -> Json:  # noqa: N802
        known = {name: given[name] for name in ("stamp", "scanned", "backed", "after_end")}
        return wire.row_of(fact_of(given["fact"]), given["tag"], **known).to_json()

    def headMessage(self, given: Json) -> Json:  # noqa: N802
        return wire.head_message(
            given["device"], given["number"], bytes.fromhex(given["hash"])
        ).hex()

    def openEnvelope(self, given: Json) -> Json:  # noqa: N802
        signature, payload = wire.unpack_envelope(base64.b64decode(given["bytes"]))
        key = base64.b64decode(given["server_key"])
        if not verify(key, signature, wire.snapshot_message(payload)):
            raise Refused("not signed by this server")
        return base64.b64encode(payload).decode()

    def openSealedList(self, given: Json) -> Json:  # noqa: N802
        key, sealed = base64.b64decode(given["key"]), base64.b64decode(given["sealed"])
        return base64.b64encode(open_for_device(key, sealed, given["device"])).decode()

    def decodeSnapshot(self, given: Json) -> Json:  # noqa: N802
        header, tickets, facts = wire.decode_snapshot(base64.b64decode(given["payload"]))
        return {
            "header": header,
            "tickets": [row.to_json() for row in tickets],
            "facts": [row.to_json() for row in facts],
        }

    def fold(self, given: Json) -> Json:
        facts = [fold_fact(fact) for fact in given["facts"]]
        known = (rules_by_number(given["rules"]), voids_by_number(given))
        return fold.state_to_json(fold.fold(facts, given["epoch"], *known))

    def foldRows(self, given: Json) -> Json:  # noqa: N802
        facts = [fold.fact_of_row(FactRow.from_json(row)) for row in given["rows"]]
        known = (rules_by_number(given["rules"]), voids_by_number(given))
        return fold.state_to_json(fold.fold(facts, given["epoch"], *known))

    def grants(self, given: Json) -> Json:
        target = given["target"]
        return grants(
            made_fact(given["fact"]),
            None if target is None else made_fact(target),
            supervisor=given["supervisor"],
            undo_s=given["undo_s"],
        )

    def foldAll(self, given: Json) -> Json:  # noqa: N802
        return [self.fold(entry) for entry in given["inputs"]]

    def decide(self, given: Json) -> Json:
        ticket = given["ticket"]
        decision = verdict.decide(
            token=verdict.TokenRead(**given["token"]),
            event=verdict.EventPolicy(**given["event"]),
            ticket=None if ticket is None else verdict.Listed(**ticket),
            rules=verdict.rules_of(given["list"]),
            state=None if given["state"] is None else state_of(given["state"]),
            now=given["now"],
            list_age_s=given["list_age_s"],
            inside=given.get("inside"),
        )
        return verdict.decision_to_json(decision)

    def decideExit(self, given: Json) -> Json:  # noqa: N802
        ticket = given["ticket"]
        decision = verdict.decide_exit(
            token=verdict.TokenRead(**given["token"]),
            event=verdict.EventPolicy(**given["event"]),
            ticket=None if ticket is None else verdict.Listed(**ticket),
            rules=verdict.rules_of(given["list"]),
            state=None if given["state"] is None else state_of(given["state"]),
        )
        return verdict.decision_to_json(decision)

    def decideExitAll(self, given: Json) -> Json:  # noqa: N802
        return [self.decideExit(entry) for entry in given["inputs"]]

    def decideAll(self, given: Json) -> Json:  # noqa: N802
        return [self.decide(entry) for entry in given["inputs"]]

    def codes(self, _given: Json) -> Json:
        return verdict.CODES

    def flagBits(self, given: Json) -> Json:  # noqa: N802
        return verdict.flag_bits(given["flags"])


def key_table(keys: Json) -> dict[int, token.TicketKey]:
    """Read the keys of a vector file."""
    return {
        key["id"]: token.TicketKey(base64.b64decode(key["public"]), key["compromised"])
        for key in keys
    }


def fact_of(given: Json) -> Fact:
    """Read a fact by `fact.schema.json`."""
    members = {**given, "list_no": given["list"], "rule_rev": given["rule"]}
    del members["list"], members["rule"]
    for member in ("previous", "digest", "extra"):
        members[member] = base64.b64decode(given[member])
    members["seen"] = tuple(tuple(ref) for ref in given["seen"])
    members["target"] = None if given["target"] is None else tuple(given["target"])
    return Fact(**members)


def fact_json(fact: Fact) -> Json:
    """Write a fact by `fact.schema.json`."""
    written: dict[str, Any] = asdict(fact)
    written["list"] = written.pop("list_no")
    written["rule"] = written.pop("rule_rev")
    for member in ("previous", "digest", "extra"):
        written[member] = base64.b64encode(written[member]).decode()
    written["seen"] = [[*ref] for ref in fact.seen]
    written["target"] = None if fact.target is None else [*fact.target]
    return written


def made_fact(given: Json) -> Fact:
    """Make a fact of the members that an undo is judged by."""
    blank = {"previous": bytes(32), "rule_rev": 1, "epoch": 1, "how": 1, "verdict": 1, "flags": 0}
    members = {**blank, "digest": bytes(8), "claimed": 1, "cursor": 0, "age": 0, **given}
    members["list_no"] = members.pop("list")
    return Fact(**members)


def rules_by_number(given: Json) -> dict[int, dict[int, Any]]:
    """Read the rules that the fold is given."""
    return {
        int(number): {int(rev): rules for rev, rules in revisions.items()}
        for number, revisions in given.items()
    }


def voids_by_number(given: Json) -> dict[int, int]:
    """Read which devices' facts are void."""
    return {int(device): number for device, number in given.get("voids", {}).items()}


def fold_fact(given: Json) -> FoldFact:
    """Read a fact of the fold's input."""
    members = {**given, "list_no": given["list"], "rule_rev": given["rule"]}
    del members["list"], members["rule"]
    members["seen"] = tuple(tuple(ref) for ref in given["seen"])
    members["target"] = None if given["target"] is None else tuple(given["target"])
    return FoldFact(**members)


def state_of(given: Json) -> fold.State:
    """Read a state by `fold.schema.json`."""

    def ref(row: Json) -> wire.Ref:
        return (row[0], row[1], row[2])

    def on_list(of: Json) -> fold.ListState:
        return fold.ListState(
            **of
            | {name: tuple(map(ref, of[name])) for name in fold.REFS}
            | {
                "winner": None if of["winner"] is None else ref(of["winner"]),
                "turns": tuple(Turn(**turn | {"by": ref(turn["by"])}) for turn in of["turns"]),
            }
        )

    lists = {int(number): on_list(of) for number, of in given["lists"].items()}
    return fold.State(given["epoch"], lists)


def ticket_rows(rows: Json) -> list[TicketRow]:
    """Read ticket rows."""
    return [TicketRow.from_json(row) for row in rows]
