"""`handstamp keys show`: the public key that certificates, lists and chains are checked with."""

from handstamp.checkin.log_file import b64, key_words
from handstamp.checkin.pair_device import SERVER_KEY
from handstamp.commands.running import run, say
from handstamp.plumbing.secrets import kept_key
from handstamp.plumbing.web import Services


def show_keys() -> None:
    """Print the server's public key, and the digits by which people compare it."""

    async def work(services: Services) -> None:
        public, _private = await kept_key(services, SERVER_KEY)
        say(b64(public))
        say(key_words(public))

    run(work)
