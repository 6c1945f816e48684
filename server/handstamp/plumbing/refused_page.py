"""A refusal as the one who asked can read it: a page for people, problem+json for programs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from handstamp.plumbing.api import problem_of
from handstamp.plumbing.errors import Problem, problem_response
from handstamp.plumbing.pages import Pages

_pages = Pages(__package__)


def refuse(scope: Scope, problem: Problem) -> Response:
    """Return a page in plain words below `/tickets`, and problem+json everywhere else."""
    if not is_page(scope):
        return problem_response(problem)
    request = Request(scope)
    answer = _pages.answer(request, "refused.html", status=problem.status, problem=problem)
    answer.headers.update(problem.headers)
    return answer


def is_page(scope: Scope) -> bool:
    """Tell whether people ask for this address, also when mounted below another site's path."""
    root = scope.get("app_root_path", scope.get("root_path", ""))
    path: str = scope["path"].removeprefix(root)
    return path == "/tickets" or path.startswith("/tickets/")


async def handle_problem(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for the whole tree of refusals."""
    assert isinstance(error, Problem)
    return refuse(request.scope, error)


async def handle_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for its own refusals."""
    return refuse(request.scope, problem_of(error))
