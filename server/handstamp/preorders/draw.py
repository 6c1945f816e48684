"""A draw that anybody can check: a promise beforehand, ranks by hash, the seed afterwards. Pure.

The commitment is the SHA-256 of a domain prefix and the seed. A pre-order's rank is the SHA-256
of the seed and its id: who comes first is fixed by the published commitment before anybody knows
who takes part, and everybody can compute it once the seed is told.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from handstamp.clubs.rules import draw_commitment
from handstamp.kit.signing import same


class Verdict(NamedTuple):
    """What checking a draw found: is the seed the promised one, and which places are wrong."""

    seed_fits: bool
    wrong: tuple[str, ...]

    @property
    def fair(self) -> bool:
        """Tell whether nothing was found."""
        return self.seed_fits and not self.wrong


def rank(seed: bytes, preorder_id: str) -> str:
    """Return the rank of a pre-order, 64 hexadecimal digits; the least comes first."""
    return hashlib.sha256(seed + preorder_id.encode()).hexdigest()


def places(seed: bytes, preorder_ids: Iterable[str]) -> dict[str, int]:
    """Return the place of each pre-order, from 1, whatever the order they are given in."""
    drawn = sorted(set(preorder_ids), key=lambda one: (rank(seed, one), one))
    return {preorder_id: place for place, preorder_id in enumerate(drawn, 1)}


def verify(promised: str, seed: bytes, drawn: Mapping[str, int]) -> Verdict:
    """Check a draw: `drawn` is the place that each pre-order was given."""
    right = places(seed, drawn)
    wrong = tuple(sorted(one for one, place in drawn.items() if right[one] != place))
    return Verdict(same(promised, draw_commitment(seed)), wrong)
