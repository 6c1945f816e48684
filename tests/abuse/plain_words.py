"""What every refusal must be: problem+json from the API, a page in plain words elsewhere."""

import httpx2
from tests.abuse.routes import is_page

API_MEMBERS = {"type", "title", "status", "detail", "code"}
HEALTH = "/api/tickets/health"  # its 503 is a report, not a refusal
LEAKS = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", 'File "', "Error:")


def fault(answer: httpx2.Response) -> str:
    """Say what is wrong with an answer to a bad request; '' when nothing is."""
    status, kind = answer.status_code, answer.headers.get("content-type", "")
    page = is_page(answer.request.url.path)
    wrong = ""
    if status >= 500 and status != 503:
        wrong = "broke"
    elif status < 400 or answer.request.url.path == HEALTH:
        return ""
    elif any(leak in answer.text for leak in LEAKS):
        wrong = "tells of our insides"
    elif page and not (kind.startswith("text/html") and "<h1" in answer.text):
        wrong = f"{kind} is no page"
    elif not page:
        wrong = _fault_of_problem(answer) if kind == "application/problem+json" else f"is {kind}"
    return wrong and f"{status} {wrong}: {answer.text[:200]}"


def _fault_of_problem(answer: httpx2.Response) -> str:
    body = answer.json()
    if not set(body) >= API_MEMBERS or body["status"] != answer.status_code:
        return "lacks members"
    return "" if len(body["detail"]) > 10 else "says nothing"
