"""Who may do what: people, organizers, teams, sign-in codes and sessions."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class User(Base):
    """A person, known by a lower-cased e-mail."""

    __tablename__ = "tickets_users"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int]


class Organizer(Base):
    """Who runs events; `code` begins its printed ticket ids (2 to 5 letters)."""

    __tablename__ = "tickets_organizers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[int]


class OrganizerProfile(Base):
    """How an organizer appears to buyers: the legal entity on receipts, and the looks.

    `language`: of mails to people who did not say which they read; '' is English.
    `brand_color`: "#rrggbb" or ''. `logo`: a PNG or JPEG, its media type in `logo_type`.
    """

    __tablename__ = "tickets_organizer_profiles"

    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), primary_key=True)
    legal_name: Mapped[str] = mapped_column(default="")
    legal_address: Mapped[str] = mapped_column(Text, default="")
    tax_number: Mapped[str] = mapped_column(default="")
    contact_email: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    brand_color: Mapped[str] = mapped_column(default="")
    logo: Mapped[bytes | None]
    logo_type: Mapped[str] = mapped_column(default="")
    refund_policy: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(default="", server_default="")
    updated_at: Mapped[int]


class Member(Base):
    """A person in an organizer's team; role `owner`, `manager` or `support`.

    Support helps members with their tickets and sees nothing else of the organizer.
    """

    __tablename__ = "tickets_members"

    user_id: Mapped[str] = mapped_column(ForeignKey("tickets_users.id"), primary_key=True)
    organizer_id: Mapped[str] = mapped_column(
        ForeignKey("tickets_organizers.id"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(default="owner")


class LoginCode(Base):
    """A sign-in mail: a link and a 6-digit code, hashed, used once."""

    __tablename__ = "tickets_login_codes"
    __table_args__ = (Index("ix_tickets_login_codes_email", "email", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    link_hash: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_path: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    expires_at: Mapped[int]
    used_at: Mapped[int | None]


class Session(Base):
    """A signed-in browser or command line; the row is the session, so it can be revoked."""

    __tablename__ = "tickets_sessions"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("tickets_users.id"), index=True)
    created_at: Mapped[int]
    last_seen_at: Mapped[int]
    expires_at: Mapped[int]
    revoked_at: Mapped[int | None]
