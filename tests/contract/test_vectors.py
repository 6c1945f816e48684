"""Every vector of shared/vectors through both twins."""

import base64
from typing import Any

import pytest
from tests.contract.twins import Refused, Twin
from tests.contract.vector_files import cases, load

from handstamp.kit.signing import sign
from handstamp.tickets.token import TokenBody, encode_body, encode_token, token_message

Vector = dict[str, Any]
ENGINES = ["noble", "webcrypto"]
FOLDS = ["fold/fold", "fold/movements", "fold/undo", "fold/voids"]


@pytest.mark.parametrize("vector", cases("token/encode"))
def test_token_is_written(twin: Twin, vector: Vector) -> None:
    signature = sign(
        base64.b64decode(vector["private"]), token_message(bytes.fromhex(vector["body"]))
    )
    given = {"body": vector["body"], "signature": base64.b64encode(signature).decode()}
    assert twin("encodeToken", given) == {"text": vector["text"], "digest": vector["digest"]}


@pytest.mark.parametrize("vector", cases("token/encode"))
def test_token_body_is_laid_out(vector: Vector) -> None:
    body = TokenBody(**vector["token"])
    private = base64.b64decode(vector["private"])
    assert encode_body(body).hex() == vector["body"]
    assert encode_token(body, lambda message: sign(private, message)) == vector["text"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("vector", cases("token/read"))
def test_text_is_read(twin: Twin, vector: Vector, engine: str) -> None:
    keys = load("token/read")["keys"]
    read = twin("readToken", {"text": vector["text"], "keys": keys, "engine": engine})
    key_id = (vector["token"] or {}).get("key_id")
    compromised = any(key["compromised"] for key in keys if key["id"] == key_id)
    assert read["check"] == vector["check"]
    assert read["token"] == vector["token"]
    assert read["compromised"] == (vector["check"] == "ok" and compromised)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("vector", cases("token/strict"))
def test_signature_is_verified_strictly(twin: Twin, vector: Vector, engine: str) -> None:
    assert twin("verify", {**vector, "engine": engine}) is vector["right"]


@pytest.mark.parametrize("vector", cases("token/ids"))
def test_serial_ends_a_printed_id(twin: Twin, vector: Vector) -> None:
    if "hex" in vector:
        assert twin("deviceHex", vector) == vector["hex"]
    else:
        assert twin("serialLetters", vector) == vector["letters"]


@pytest.mark.parametrize("vector", cases("token/codes"))
def test_code_from_elsewhere_has_its_digest(twin: Twin, vector: Vector) -> None:
    assert twin("foreignCodeDigest", vector) == vector["digest"]


@pytest.mark.parametrize("vector", cases("wire/facts"))
def test_fact_is_laid_out_and_read(twin: Twin, vector: Vector) -> None:
    assert twin("encodeFact", vector) == {name: vector[name] for name in ("bytes", "hash", "tag")}
    assert twin("decodeFact", vector) == vector["fact"]


@pytest.mark.parametrize("vector", cases("wire/broken_facts"))
def test_broken_fact_is_refused(twin: Twin, vector: Vector) -> None:
    with pytest.raises(Refused):
        twin("decodeFact", vector)


@pytest.mark.parametrize("vector", cases("wire/rows"))
def test_fact_becomes_a_row(twin: Twin, vector: Vector) -> None:
    assert twin("rowOf", vector) == vector["row"]


@pytest.mark.parametrize("vector", cases("wire/heads"))
def test_head_is_signed(twin: Twin, vector: Vector) -> None:
    message = bytes.fromhex(vector["message"])
    assert twin("headMessage", vector) == vector["message"]
    signature = sign(base64.b64decode(vector["private"]), message)
    assert base64.b64encode(signature).decode() == vector["signature"]


@pytest.mark.parametrize("vector", cases("wire/envelopes"))
def test_envelope_opens_only_when_signed(twin: Twin, vector: Vector) -> None:
    if vector["payload"] is None:
        with pytest.raises(Refused):
            twin("openEnvelope", vector)
    else:
        assert twin("openEnvelope", vector) == vector["payload"]


@pytest.mark.parametrize("vector", cases("wire/sealed_lists"))
def test_sealed_list_opens_under_its_key_for_its_device(twin: Twin, vector: Vector) -> None:
    if vector["plain"] is None:
        with pytest.raises(Refused):
            twin("openSealedList", vector)
    else:
        assert twin("openSealedList", vector) == vector["plain"]


@pytest.mark.parametrize("vector", cases("wire/snapshots"))
def test_snapshot_is_read(twin: Twin, vector: Vector) -> None:
    read = twin("decodeSnapshot", vector)
    assert read["header"] == vector["header"]
    assert sorted(read["tickets"]) == vector["tickets"]
    assert sorted(read["facts"], key=lambda row: row[:3]) == vector["facts"]


@pytest.mark.parametrize("vector", [case for name in FOLDS for case in cases(name)])
def test_facts_fold(twin: Twin, vector: Vector) -> None:
    assert twin("fold", vector["input"]) == vector["output"]


@pytest.mark.parametrize("vector", cases("fold/grants"))
def test_undo_is_granted(twin: Twin, vector: Vector) -> None:
    assert twin("grants", vector) == vector["granted"]


@pytest.mark.parametrize("vector", [*cases("verdict/decide"), *cases("verdict/entry")])
def test_verdict(twin: Twin, vector: Vector) -> None:
    assert twin("decide", vector["input"]) == vector["output"]


@pytest.mark.parametrize("vector", cases("verdict/leave"))
def test_verdict_of_leaving(twin: Twin, vector: Vector) -> None:
    assert twin("decideExit", vector["input"]) == vector["output"]


@pytest.mark.parametrize("vector", cases("verdict/codes"))
def test_codes_and_flags(twin: Twin, vector: Vector) -> None:
    if "code" in vector:
        assert twin("codes")[vector["name"]] == vector["code"]
    else:
        assert twin("flagBits", vector) == vector["bits"]


def test_no_code_stands_outside_the_vectors(twin: Twin) -> None:
    codes = [vector["name"] for vector in load("verdict/codes")["vectors"] if "code" in vector]
    assert sorted(twin("codes")) == sorted(codes)
