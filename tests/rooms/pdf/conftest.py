"""A pool of drawing processes that ends with the test."""

from collections.abc import AsyncIterator

import pytest

from handstamp.pdf.drawing_pool import DrawingPool


@pytest.fixture
async def pool() -> AsyncIterator[DrawingPool]:
    """One child at most."""
    made = DrawingPool(1)
    yield made
    await made.close()
