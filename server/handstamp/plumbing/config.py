"""Every setting of a running Handstamp, read once in a composition root and handed down."""

import secrets
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen settings; each is the environment variable `HANDSTAMP_<NAME>`.

    The kill switch and the feature flags keep the names of the product brief, without prefix.
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
    open_registration: bool = False
    mail_url: str = ""
    mail_from: str = "Handstamp <tickets@localhost>"
    log_level: str = "INFO"
    run_worker: bool = True
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
