"""What a preparer hands to a mail: values for its templates, files, and pictures within."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.plumbing.web import Services

Make = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class Part:
    """A file of a mail, made when the mail is built; a file of no bytes is left out.

    `name` is its file name; of a picture within the text, what stands after `cid:`.
    """

    name: str
    media_type: str
    make: Make


@dataclass(frozen=True)
class Prepared:
    """What a mail is made of. `sender` is shown as its author; replies go to `reply_to`."""

    values: Mapping[str, Any]
    attachments: tuple[Part, ...] = ()
    inline: tuple[Part, ...] = ()
    sender: str = ""
    reply_to: str = ""


class NoLongerWanted(Exception):
    """What the mail was to say is no longer true; it is dropped, not tried again."""


# Told in the transaction that notes it what became of a mail: its id, arguments, and sent, failed
# or dropped.
Follow = Callable[[AsyncSession, str, Mapping[str, Any], str], Awaitable[None]]
Followers = Mapping[str, Follow]

Prepare = Callable[[Services, Mapping[str, Any]], Awaitable[Mapping[str, Any] | Prepared]]
Preparers = Mapping[str, Prepare]
