"""Sales over time as bars: which days stand together, and how high each bar is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from handstamp.analytics.rules import NOTHING, Sums
from handstamp.plumbing.texts import _, format_language

WIDTH, HEIGHT = 600, 100
MOST_DAYS, MOST_WEEKS = 92, 7 * 92
_SMALLEST = 1.5  # a bar of a single ticket can still be seen


@dataclass(frozen=True)
class Bucket:
    """Some days together (one, a week from Monday, or a month), and what was sold on them."""

    first: date
    name: str
    sums: Sums


@dataclass(frozen=True)
class Bar:
    """A place in the picture: what came in (or was sold), and what went back beside it."""

    name: str
    x: float
    width: float
    height: float
    back_x: float
    back_width: float
    back_height: float
    value: int
    back: int


@dataclass(frozen=True)
class Chart:
    """Sales over time; `unit`: day, week or month. Pictures without a bar are left out."""

    unit: str
    buckets: Sequence[Bucket]
    money: Sequence[Bar]
    tickets: Sequence[Bar]

    @property
    def marks(self) -> list[str]:
        """Return on which days the first place, one in the middle and the last begin."""
        names = [_date(bucket.first, self.unit) for bucket in self.buckets]
        return names if len(names) < 3 else [names[0], names[len(names) // 2], names[-1]]


def chart(days: Mapping[str, Sums], first: date | None, last: date | None) -> Chart | None:
    """Return the picture from a day until another, or as far as there are sales; None without any.

    Args:
        days: sums by YYYY-MM-DD.
    """
    known = {date.fromisoformat(day): sums for day, sums in days.items()}
    if not known:
        return None
    ends = [*known, *(day for day in (first, last) if day)]
    first, last = min(ends), max(ends)
    span = (last - first).days + 1
    unit = "day" if span <= MOST_DAYS else "week" if span <= MOST_WEEKS else "month"
    found = dict.fromkeys(_starts(first, last, unit), NOTHING)
    for day, sums in known.items():
        found[_start(day, unit)] += sums
    buckets = [Bucket(day, _name(day, unit), sums) for day, sums in found.items()]
    return Chart(
        unit,
        buckets,
        _bars(buckets, [(one.sums.gross, one.sums.refunded) for one in buckets]),
        _bars(buckets, [(one.sums.units, 0) for one in buckets]),
    )


def _bars(buckets: Sequence[Bucket], values: Sequence[tuple[int, int]]) -> list[Bar]:
    most = max(max(pair) for pair in values)
    if most <= 0:
        return []
    step = WIDTH / len(buckets)
    return [
        Bar(
            name=bucket.name,
            x=round(place * step + step * 0.1, 2),
            width=round(step * (0.5 if back > 0 else 0.8), 2),
            height=_height(value, most),
            back_x=round(place * step + step * 0.62, 2),
            back_width=round(step * 0.28, 2),
            back_height=_height(back, most),
            value=value,
            back=back,
        )
        for place, (bucket, (value, back)) in enumerate(zip(buckets, values, strict=True))
    ]


def _height(value: int, most: int) -> float:
    return round(max(_SMALLEST, value * HEIGHT / most), 2) if value > 0 else 0.0


def _starts(first: date, last: date, unit: str) -> Iterator[date]:
    day = first
    while day <= last:
        start = _start(day, unit)
        yield start
        day = _next(start, unit)


def _start(day: date, unit: str) -> date:
    if unit == "day":
        return day
    return day - timedelta(days=day.weekday()) if unit == "week" else day.replace(day=1)


def _next(start: date, unit: str) -> date:
    if unit == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=1 if unit == "day" else 7)


def _name(start: date, unit: str) -> str:
    written = _date(start, unit)
    return _("Week of %(day)s") % {"day": written} if unit == "week" else written


def _date(day: date, unit: str) -> str:
    return format_date(day, "MMM y" if unit == "month" else "d MMM y", locale=format_language())
