"""The processes that draw: started on demand, replaced when they die, ended when idle."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
import structlog
from tests.factories.pdf import make_document

from handstamp.pdf import drawing_pool
from handstamp.pdf.check_fonts import advice, check_fonts, missing_scripts, warn_of_fonts
from handstamp.pdf.drawing_pool import DrawingFailed, DrawingPool
from handstamp.pdf.ticket_pdf import close_pdf, draw_tickets, pool_of
from handstamp.plumbing.health import Ill
from handstamp.plumbing.web import Services


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any("pdf_child" in part for part in child.cmdline())
    ]


async def test_children_start_with_work_and_end_when_there_is_none() -> None:
    pool = DrawingPool(1, idle_s=0.05)
    assert children() == []
    await pool.ask(make_document().to_json())
    (child,) = children()
    await pool.ask(make_document().to_json())
    assert [same.pid for same in children()] == [child.pid]
    await asyncio.to_thread(child.wait, 20)
    assert pool.idle == 0
    await pool.ask(make_document().to_json())
    await pool.close()
    assert children() == []


async def test_many_orders_share_few_children() -> None:
    pool = DrawingPool(2)
    answers = await asyncio.gather(*(pool.ask(make_document().to_json()) for _ in range(6)))
    assert all(body.startswith(b"%PDF-") for _head, body in answers)
    assert pool.idle <= 2
    await pool.close()


async def test_a_child_that_was_killed_is_replaced(pool: DrawingPool) -> None:
    await pool.ask(make_document().to_json())
    (child,) = children()
    os.kill(child.pid, signal.SIGKILL)
    _head, body = await pool.ask(make_document().to_json())
    assert body.startswith(b"%PDF-")


async def test_what_kills_every_child_is_told_as_a_failure(pool: DrawingPool) -> None:
    with pytest.raises(DrawingFailed, match="unexpectedly"):
        await pool.ask({"nothing": "of sense"})
    _head, body = await pool.ask(make_document().to_json())
    assert body.startswith(b"%PDF-")


async def test_a_child_is_given_up_when_it_takes_too_long(
    pool: DrawingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing_pool, "PATIENCE_S", 0.0)
    with pytest.raises(DrawingFailed, match="longer"):
        await pool.ask(make_document().to_json())
    assert pool.idle == 0


async def test_a_child_knows_no_secret(pool: DrawingPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDSTAMP_SECRET", "not for children")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "not for children")
    await pool.ask(make_document().to_json())
    (child,) = children()
    assert "not for children" not in str(child.environ())


@pytest.fixture
def no_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no font but ours."""
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>")
    monkeypatch.setitem(drawing_pool.ENVIRONMENT, "FONTCONFIG_FILE", str(config))


@pytest.mark.usefixtures("no_fonts")
async def test_missing_fonts_are_told_with_the_package_that_has_them(services: Services) -> None:
    with structlog.testing.capture_logs() as logs:
        drawn = await draw_tickets(services, make_document(title="محمد Ada"))
        await warn_of_fonts(services, after_s=0)
        said = await check_fonts(services)
    assert set(drawn.missing) == set("محمد")
    assert {entry["event"] for entry in logs} == {"pdf_letters_missing", "fonts_missing"}
    assert "محمد" not in str(logs)
    assert "Arabic, Hebrew, Chinese" in said
    assert "apt-get install fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core" in said


async def test_health_does_not_wait_for_a_slow_machine(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handstamp.pdf.check_fonts.HEALTH_WAITS_S", 0.0)
    assert await check_fonts(services) == "fonts are being looked at"
    await close_pdf(services)
    assert children() == []


async def test_a_machine_with_fonts_is_well(services: Services) -> None:
    await missing_scripts(services)
    said = await check_fonts(services)
    assert said == "every script has a font" or "docs/fonts.md" in said
    assert await check_fonts(services) == said


async def test_without_pango_health_says_what_to_install(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "weasyprint").mkdir()
    (tmp_path / "weasyprint" / "__init__.py").write_text("raise OSError('cannot load library')")
    monkeypatch.setitem(drawing_pool.ENVIRONMENT, "PYTHONPATH", str(tmp_path))
    with structlog.testing.capture_logs() as logs:
        await warn_of_fonts(services, after_s=0)
        with pytest.raises(Ill, match="Pango is not installed"):
            await check_fonts(services)
    assert [entry["event"] for entry in logs] == ["pdf_unavailable"]
    assert pool_of(services).idle == 0


def test_advice_names_each_package_once() -> None:
    assert advice([]) == ""
    assert advice(["Japanese", "Korean"]).count("fonts-noto-cjk") == 1
