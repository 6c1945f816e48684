"""The ledger: transactions made of movements, each from one account to another."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId


class LedgerTransaction(Base):
    """Something that happened to money, once: (book, kind, ref) is unique.

    `book` is whose books these are: a connected account's id, or "platform". `subject` names
    what it was for, such as "order:ord_…".
    """

    __tablename__ = "tickets_ledger_transactions"
    __table_args__ = (
        UniqueConstraint("book", "kind", "ref"),
        Index("ix_tickets_ledger_transactions_subject", "subject"),
        Index("ix_tickets_ledger_transactions_organizer", "organizer_id", "happened_at"),
        Index("ix_tickets_ledger_transactions_book", "book", "currency", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    book: Mapped[str]
    kind: Mapped[str]
    ref: Mapped[str]
    organizer_id: Mapped[str | None]
    subject: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    happened_at: Mapped[int]
    created_at: Mapped[int]


class LedgerMovement(Base):
    """An amount in minor units that leaves one account (credit) for another (debit).

    One row touches two accounts with one amount, so no set of rows can be out of balance.
    Rows are never changed: triggers refuse it on both databases.
    """

    __tablename__ = "tickets_ledger_movements"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="accounts"),
        Index("ix_tickets_ledger_movements_sides", "transaction_id", "debit", "credit", "amount"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("tickets_ledger_transactions.id"))
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[int]


class Uncounted(Base):
    """What no sum of sales holds yet; a row lives until room `analytics` has added it.

    `kind` and `ref`: money (a transaction of the ledger), order or preorder (one that got its
    tickets), taken_back (an order whose tickets were taken back). What is committed is here, so
    nothing is missed whatever the order of commits.
    """

    __tablename__ = "tickets_uncounted"
    __table_args__ = (Index("ix_tickets_uncounted_organizer", "organizer_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    organizer_id: Mapped[str]
    kind: Mapped[str]
    ref: Mapped[str]
