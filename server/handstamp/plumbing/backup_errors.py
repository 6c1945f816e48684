"""What can go wrong with a backup, in words for whoever runs the server."""


class BackupFailed(Exception):
    """A copy could not be made, read or put back; the text says why."""
