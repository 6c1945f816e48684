"""Every setting of a running Handstamp, read once in a composition root and handed down."""

import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen settings; each is the environment variable `HANDSTAMP_<NAME>`.

    The kill switch, the feature flags and what the product brief names itself keep those names,
    without prefix. Times in them are minutes.
    """

    model_config = SettingsConfigDict(
        env_prefix="HANDSTAMP_", frozen=True, extra="ignore", populate_by_name=True
    )

    database_url: str = "sqlite+aiosqlite:///var/handstamp.db"
    secret: str = ""
    public_url: str = "http://localhost:8000"
    demo: bool = False
    enable_ticketing: bool = Field(default=False, alias="ENABLE_TICKETING")
    enable_scanning: bool = Field(default=True, alias="ENABLE_TICKETING_SCANNING")
    enable_checkout: bool = Field(default=False, alias="ENABLE_TICKETING_CHECKOUT")
    enable_payouts: bool = Field(default=False, alias="ENABLE_TICKETING_PAYOUTS")
    enable_preorders: bool = Field(default=False, alias="ENABLE_TICKETING_PREORDERS")
    enable_refunds: bool = Field(default=False, alias="ENABLE_TICKETING_REFUNDS")
    stripe_secret_key: str = Field(default="", alias="STRIPE_SECRET_KEY", repr=False)
    stripe_publishable_key: str = Field(default="", alias="STRIPE_PUBLISHABLE_KEY")
    stripe_webhook_secret: str = Field(default="", alias="STRIPE_WEBHOOK_SECRET", repr=False)
    stripe_connect_webhook_secret: str = Field(
        default="", alias="STRIPE_CONNECT_WEBHOOK_SECRET", repr=False
    )
    stripe_api_url: str = ""
    stripe_accounts: Literal["standard", "express"] = "standard"
    payment_form: Literal["checkout", "element"] = "checkout"
    ticket_payment_timeout: int = Field(default=15, alias="TICKET_PAYMENT_TIMEOUT", ge=1, le=1440)
    ticket_fee_bp: int = Field(default=0, ge=0, le=5_000)
    ticket_fee_fixed: int = Field(default=0, ge=0, le=1_000_000)
    holds_per_network: int = 30
    charges_per_second: int = Field(default=15, ge=0, le=25)
    open_registration: bool = False
    review_events: Literal["after", "before"] = "after"
    mail_url: str = ""
    mail_from: str = "Handstamp <tickets@localhost>"
    postmark_webhook: str = Field(default="", repr=False)
    resend_webhook_secret: str = Field(default="", repr=False)
    erasure_journal: str = ""
    log_level: str = "INFO"
    run_worker: bool = True
    push_to_loopback: bool = False  # of tests: notices go to this machine too
    trusted_proxies: str = "127.0.0.1"
    pool_size: int = 8
    metrics_token: str = ""
    app_role: str = ""

    def secret_bytes(self) -> bytes:
        """Return the installation secret.

        Raises:
            ValueError: no secret is set; it must never be made up silently, or a restart
                would make every stored code and key unreadable.
        """
        if len(self.secret) < 32:
            raise ValueError("HANDSTAMP_SECRET must be set to at least 32 characters")
        return self.secret.encode()


def secret_from_file(path: Path) -> str:
    """Return the secret kept in `path`, making the file (mode 0600) when it is absent."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()
