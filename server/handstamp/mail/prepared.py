"""What a preparer hands to a mail: values for its templates, files, and pictures within."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.models import Mail
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


# Told in the transaction that notes it what became of mails of one kind: the arguments of each by
# its id, and sent, failed or dropped.
Follow = Callable[[AsyncSession, Mapping[str, Mapping[str, Any]], str], Awaitable[None]]

Prepare = Callable[[Services, Mapping[str, Any]], Awaitable[Mapping[str, Any] | Prepared]]
Preparers = Mapping[str, Prepare]

# Reads what many mails of one kind say at once. What it returns for each makes it, in the language
# in use and without waiting for anything, or raises NoLongerWanted.
Ready = Callable[[], Prepared]
Gather = Callable[[Services, Sequence[Mapping[str, Any]]], Awaitable[Sequence[Ready]]]


@dataclass(frozen=True)
class Kinds:
    """What each kind of mail is made by; kinds that come in thousands are read many at once too."""

    preparers: Preparers
    gatherers: Mapping[str, Gather] = field(default_factory=dict)
    followers: Mapping[str, Follow] = field(default_factory=dict)


def arguments(mail: Mail) -> dict[str, Any]:
    """Return what a mail was queued with."""
    found: dict[str, Any] = json.loads(mail.args_json)
    return found
