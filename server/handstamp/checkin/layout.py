"""Bytes from front to back: fixed numbers, varints, texts, refs. Twin: pwa/src/core/layout.js."""

from handstamp.checkin.rows import Ref


def varint(value: int) -> bytes:
    """Write unsigned LEB128, shortest form.

    Raises:
        ValueError: the value is negative or not below 2^53.
    """
    if not 0 <= value < 1 << 53:
        raise ValueError("number out of range")
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


class Reader:
    """Reads a byte layout from front to back; raises ValueError at the first thing wrong."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        end = self._at + length
        if end > len(self._data):
            raise ValueError("cut short")
        part = self._data[self._at : end]
        self._at = end
        return part

    def uint(self, length: int) -> int:
        """Return the next big-endian number of `length` bytes."""
        return int.from_bytes(self.take(length), "big")

    def varint(self) -> int:
        """Return the next varint."""
        value = 0
        for shift in range(0, 56, 7):
            byte = self.uint(1)
            value |= (byte & 127) << shift
            if byte < 128:
                if (not byte and shift) or value >= 1 << 53:
                    raise ValueError("varint is not in shortest form or too great")
                return value
        raise ValueError("varint is longer than 8 bytes")

    def text(self) -> str:
        """Return the next text: its length in bytes, then UTF-8."""
        return self.take(self.varint()).decode()

    def ref(self) -> Ref:
        """Return the next ref: device, number, tag."""
        return (self.uint(6), self.varint(), self.uint(6))

    def at_end(self) -> bool:
        """Tell whether nothing is left."""
        return self._at == len(self._data)

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)
