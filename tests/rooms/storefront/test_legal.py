"""Terms and privacy are linked everywhere and say what the program does."""

import httpx2
import pytest

from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


async def test_terms_and_privacy_are_there_even_while_closed(
    client: httpx2.AsyncClient, services: Services
) -> None:
    assert 'href="/tickets/terms"' in (await client.get("/tickets/events")).text
    services.settings = services.settings.model_copy(update={"enable_ticketing": False})
    terms = await client.get("/tickets/terms")
    assert "Choosing tickets holds them for 15 minutes." in terms.text
    privacy = await client.get("/tickets/privacy")
    for said in ("30 days", "180 days", "PIPEDA", "GDPR", "tickets@localhost"):
        assert said in privacy.text
