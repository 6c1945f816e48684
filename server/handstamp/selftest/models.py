"""Runs of the self-test, each with what it found at every step."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class SelfTest(Base):
    """One run. `steps_json`: a list of {"step", "state", "note"}; states: see `steps.STATES`.

    `event_id` and `order_id`: what it made, '' before. `cleaned_at`: when that was put away.
    """

    __tablename__ = "tickets_self_tests"
    __table_args__ = (Index("ix_tickets_self_tests_started", "started_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    started_by: Mapped[str]
    started_at: Mapped[int]
    finished_at: Mapped[int | None]
    cleaned_at: Mapped[int | None]
    event_id: Mapped[str] = mapped_column(default="")
    order_id: Mapped[str] = mapped_column(default="")
    steps_json: Mapped[str] = mapped_column(Text, default="[]")

    @property
    def buyer_key(self) -> str:
        """Return by which key the run buys, so that its orders are found in any case."""
        return f"self-test:{self.id}"
