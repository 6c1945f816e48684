"""Text as people type it: how its lines end, and what no text holds."""


def with_line_feeds(text: str) -> str:
    """Return the text with its lines ended as they are stored, whatever ended them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def printable(text: str) -> str:
    """Return the text as it is.

    Raises:
        ValueError: it holds a control character other than the end of a line and a tab.
    """
    for letter in text:
        if (letter < " " and letter not in "\n\t") or letter == "\x7f":
            raise ValueError("must not contain control characters")
    return text
