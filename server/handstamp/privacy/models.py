"""Who was erased, so that a restored backup can be brought to the same state."""

from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Erasure(Base):
    """A person who was erased: a keyed hash of the e-mail, so that a restore can repeat it."""

    __tablename__ = "tickets_erasures"

    email_hash: Mapped[str] = mapped_column(primary_key=True)
    erased_by: Mapped[str] = mapped_column(default="")
    erased_at: Mapped[int]
