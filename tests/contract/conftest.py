"""Both twins, ready to be asked."""

from collections.abc import Iterator

import pytest
from tests.contract.twins import JavaScript, Python, Twin


@pytest.fixture(scope="session")
def javascript() -> Iterator[JavaScript]:
    node = JavaScript()
    yield node
    node.close()


@pytest.fixture(params=["python", "javascript"])
def twin(request: pytest.FixtureRequest, javascript: JavaScript) -> Twin:
    return Python() if request.param == "python" else javascript
