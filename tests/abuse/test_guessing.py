"""Guessing sign-in codes, pairing codes and tickets: slowed soon, for the guesser alone."""

import itertools
from typing import Any

import pytest
from sqlalchemy import select
from tests.abuse.plain_words import fault
from tests.abuse.world import World

from handstamp.auth.login_codes import TRIES, six_digits
from handstamp.auth.models import LoginCode
from handstamp.checkin.validate import FORGED_A_MINUTE
from handstamp.kit.clock import MINUTE, FakeClock

pytestmark = pytest.mark.anyio

SIGN_IN = "/api/tickets/auth/sign-in"


async def right_code(world: World, email: str) -> str:
    """Ask for a sign-in mail and return the digits in it."""
    asked = await world.send("POST", SIGN_IN, json={"email": email})
    assert asked.status_code == 202
    wanted = select(LoginCode.id).where(LoginCode.email == email).order_by(LoginCode.created_at)
    async with world.services.db.read() as session:
        login = (await session.execute(wanted)).scalars().all()[-1]
    return six_digits(world.services.settings.secret_bytes(), login)


async def guess(world: World, email: str, code: str) -> int:
    """Try a code and return the answer's status."""
    answer = await world.send("POST", f"{SIGN_IN}/code", json={"email": email, "code": code})
    assert fault(answer) == ""
    return answer.status_code


async def test_a_sign_in_code_survives_no_guessing(world: World, clock: FakeClock) -> None:
    email = "ada@example.org"
    code = await right_code(world, email)
    wrong = [f"{number:06d}" for number in range(40) if f"{number:06d}" != code]
    answered = [await guess(world, email, digits) for digits in wrong[:30]]
    assert set(answered) == {410, 429}
    assert answered.count(410) <= 10
    assert await guess(world, email, code) == 429
    clock.advance(16 * MINUTE)
    assert await guess(world, email, code) == 410


async def test_guesses_wear_a_code_out_even_in_other_windows(
    world: World, clock: FakeClock
) -> None:
    email = "ada@example.org"
    clock.advance(15 * MINUTE - clock() % (15 * MINUTE) - MINUTE // 2)
    code = await right_code(world, email)
    other = "000000" if code != "000000" else "111111"
    assert [await guess(world, email, other) for _ in range(TRIES)] == [410] * TRIES
    clock.advance(MINUTE)
    assert await guess(world, email, code) == 410


async def test_asking_for_mails_is_slowed_and_tells_nobody_apart(world: World) -> None:
    answered: dict[str, list[int]] = {}
    for email, _ in itertools.product(("ada@example.org", "nobody@example.org"), range(7)):
        answer = await world.send("POST", SIGN_IN, json={"email": email})
        answered.setdefault(email, []).append(answer.status_code)
    assert answered["ada@example.org"] == answered["nobody@example.org"]
    assert answered["ada@example.org"][-1] == 429


async def test_one_network_asks_for_few_mails(world: World) -> None:
    asked = [
        (await world.send("POST", SIGN_IN, json={"email": f"a{n}@example.org"})).status_code
        for n in range(35)
    ]
    assert asked[-1] == 429
    assert asked.count(202) <= 30


async def test_guessing_pairing_codes_is_slowed_with_a_time_to_wait(world: World) -> None:
    sent = {"code": "ABCDEFGH", "public_key": "A" * 43 + "="}
    for _ in range(60):
        await world.send("POST", "/api/tickets/checkin/pair", json=sent)
    answer = await world.send("POST", "/api/tickets/checkin/pair", json=sent)
    assert (answer.status_code, fault(answer)) == (429, "")
    assert 0 < int(answer.headers["retry-after"]) <= 60


async def test_forging_tickets_is_slowed_for_that_key_alone(world: World) -> None:
    token = world.ours.tokens[1]
    forged = token[:-1] + ("0" if token[-1] != "0" else "2")
    ask = "/api/tickets/validate"
    answered = [
        (await world.send("POST", ask, "key", json={"token": forged})).status_code
        for _ in range(FORGED_A_MINUTE + 3)
    ]
    assert answered == [200] * FORGED_A_MINUTE + [429] * 3
    assert (await world.send("POST", ask, "key", json={"token": token})).json()["admit"] is True
    theirs = {"Authorization": f"Bearer {world.theirs.key}"}
    other = await world.send("POST", ask, json={"token": world.theirs.tokens[1]}, headers=theirs)
    assert other.json()["admit"] is True


async def test_a_guessed_key_or_credential_opens_nothing(world: World) -> None:
    for guessed in (
        world.ours.key[:-1] + "x",
        world.ours.key.upper(),
        world.ours.phone.credential[:-2] + "xx",
    ):
        headers = {"Authorization": f"Bearer {guessed}"}
        for method, path in (
            ("POST", "/api/tickets/validate"),
            ("GET", "/api/tickets/checkin/snapshot"),
        ):
            body: dict[str, Any] = (
                {"json": {"token": world.ours.tokens[0]}} if method == "POST" else {}
            )
            answer = await world.send(method, path, headers=headers, **body)
            assert (answer.status_code, fault(answer)) == (401, "")
