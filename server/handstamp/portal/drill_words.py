"""The drill in words: what each point is called, what was found, and what to do about a red one."""

from handstamp.checkin.drill_board import DrillCheck
from handstamp.kit.clock import SECOND
from handstamp.plumbing.texts import _
from handstamp.portal.spoken import lasting


def point_names() -> dict[str, str]:
    """Name the points of the drill."""
    return {
        "list_age": _("Guest list"),
        "storage": _("Storage kept"),
        "camera": _("Camera"),
        "worker": _("Starts without signal"),
        "self_scan": _("Test ticket"),
        "clock": _("Clock"),
        "battery": _("Battery"),
        "outbox": _("Scans handed in"),
        "build": _("Newest version"),
        "key": _("Key of the list"),
    }


def state_names() -> dict[str, str]:
    """Name how ready a phone is."""
    return {
        "ready": _("Ready"),
        "red": _("Needs a hand"),
        "old": _("Check again"),
        "never": _("Not checked yet"),
    }


def found(check: DrillCheck) -> str:
    """Say what the phone found at a point, where that says more than green or red."""
    number = _number(check.value)
    if number is None:
        return ""
    if check.id == "list_age":
        return lasting(number * SECOND)
    if check.id == "clock":
        return lasting(abs(number))
    if check.id == "battery":
        return f"{number} %"
    return str(number) if check.id == "outbox" else ""


def what_to_do(check: DrillCheck) -> str:
    """Say in plain words what to do about a red point."""
    if check.id == "self_scan" and check.value == "list":
        return _("There is no guest list on the phone to test with. Connect it and tap Sync now.")
    if check.id == "camera" and check.value == "blocked":
        return _("The camera is not allowed. Allow it in the phone's settings for this site.")
    return {
        "list_age": _("The guest list is old. Connect the phone and tap Sync now."),
        "storage": _(
            "The phone may throw its data away when it runs short of room. Install the app on its "
            "home screen and open it from there."
        ),
        "camera": _("Open Scan on the phone, allow the camera and see that there is a picture."),
        "worker": _(
            "The app would not start without signal. Connect the phone, close the app and open it "
            "once more."
        ),
        "self_scan": _(
            "The phone could not read its test ticket. Close the app and open it again; if it "
            "stays red, take another phone."
        ),
        "clock": _("The clock is wrong. Set the phone to automatic date and time."),
        "battery": _("The battery is low. Charge the phone or bring a power bank."),
        "outbox": _("Scans are still on the phone. Connect it and tap Sync now."),
        "build": _("A new version waits. Tap Update on the phone."),
        "key": _(
            "The phone cannot read its guest list yet. Connect it once within the hours before "
            "doors."
        ),
    }[check.id]


def _number(value: str) -> int | None:
    try:
        return round(float(value))
    except (ValueError, OverflowError):
        return None
