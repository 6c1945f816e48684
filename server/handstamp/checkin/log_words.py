"""What is wrong with a log file, in plain words."""

from handstamp.checkin.verify_log import LogFault
from handstamp.plumbing.texts import _

N_ = str  # marks text for the catalogues; it is translated where it is read
FAULTS = {
    "not_a_line": N_(
        "This is not a line as Handstamp writes it. It was changed, cut, or is not of such a file."
    ),
    "no_header": N_("The first line does not say whose log this is. It was removed or changed."),
    "newer": N_("The file is of a newer format. Use a newer Handstamp."),
    "other_server": N_(
        "The file names another server key than the one given. It is of another server, or forged."
    ),
    "certificate": N_(
        "The server's key did not sign this device's certificate. It was changed, or is forged."
    ),
    "other_pairing": N_("The certificate is of another device or event than the line says."),
    "tag": N_("The bytes of entry %(number)s are not those it was stored with. They were changed."),
    "malformed": N_("Entry %(number)s cannot be read."),
    "other_device": N_("Entry %(number)s is of device %(device)s. It comes from another log."),
    "misnumbered": N_(
        "The line says entry %(number)s, its bytes say %(own)s. It was moved or changed."
    ),
    "gap": N_(
        "Entry %(number)s stands where entry %(first)s should. Entries %(first)s to %(last)s are "
        "missing."
    ),
    "order": N_(
        "Entry %(number)s stands behind entry %(before)s. The order was changed, or a line "
        "stands twice."
    ),
    "chain": N_(
        "Entry %(number)s does not follow from an entry %(before)s above. One of the two was "
        "replaced."
    ),
    "branches": N_("From entry %(number)s on there are more branches than are checked."),
    "unsigned": N_(
        "The device has not signed this end of its log, entry %(number)s. What followed was cut "
        "off, or this was added."
    ),
    "stray_head": N_(
        "This signature is of entry %(number)s, which does not stand directly above it."
    ),
    "head_signature": N_(
        "The signature of entry %(number)s is not by this device's key. It was changed, or is "
        "forged."
    ),
    "counts": N_(
        "There are %(facts)s entries above, and the last line speaks of %(told)s. Lines were "
        "removed or added."
    ),
    "digest": N_(
        "A line above is not the one that was written here. Its entries hold; something beside "
        "them was changed."
    ),
    "end_signature": N_(
        "The last line is not signed by the key it names. It was changed, or is forged."
    ),
    "cut": N_("The file ends after %(facts)s entries without its last line. It was cut off."),
    "columns": N_("What the database says of entry %(number)s is not what its bytes say."),
    "after_end": N_("Something stands behind the last line. It was added."),
}


def fault_words(fault: LogFault) -> str:
    """Return one or two sentences that say what is wrong with the line."""
    return _(FAULTS[fault.code]) % fault.numbers
