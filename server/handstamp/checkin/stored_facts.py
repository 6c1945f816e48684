"""Between a fact's bytes, its row in the database, and what is folded and fed of it."""

from typing import Any

from handstamp.checkin.wire import Fact, tag_of

SERVER_KINDS = ("api", "server")  # devices whose facts the server makes: backed (R18)


def stored_columns(raw: bytes, fact: Fact, hash_: bytes) -> dict[str, Any]:
    """Return the columns of a fact's row that are read out of its bytes."""
    return {
        "device_id": fact.device,
        "number": fact.number,
        "tag": tag_of(hash_),
        "hash": hash_,
        "bytes": raw,
        "kind": fact.kind,
        "list_no": fact.list_no,
        "rule_rev": fact.rule_rev,
        "serial": fact.serial,
        "epoch": fact.epoch,
        "how": fact.how,
        "verdict": fact.verdict,
        "claimed_at": fact.claimed,
    }
