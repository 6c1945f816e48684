"""A crowd that is no easier to compress than a real guest list: parties, odd names, odd mail."""

from random import Random

from handstamp.checkin.wire import PROVEN, SCANNED, FactRow, TicketRow
from handstamp.kit.ids import ALPHABET

SYLLABLES = [
    "an", "ber", "car", "dan", "el", "fer", "gus", "har", "in", "jo", "kar", "lo", "mar", "ner",
    "ol", "per", "qui", "ros", "sch", "ten", "ul", "von", "wer", "xi", "yan", "zel",
]  # fmt: skip
SPECIAL = ["Zoë", "José María", "Łukasz", "Иван", "美咲", "O'Brien", "van der Berg", "Nguyễn"]
DOMAINS = ["gmail.com"] * 50 + ["hotmail.com"] * 12 + ["yahoo.com"] * 10 + ["icloud.com"] * 8
DOMAINS += ["telus.net", "web.de"] * 3 + [f"firm{number}.example" for number in range(40)]
OPENING = 1_795_262_400_000


def word(random: Random) -> str:
    return "".join(random.choice(SYLLABLES) for _ in range(random.choice((2, 2, 3, 4))))


def crowd(count: int, seed: int = 5) -> list[TicketRow]:
    """Return tickets in parties of one to four; half the parties name each guest."""
    random = Random(seed)
    givens = [word(random).title() for _ in range(700)] + SPECIAL
    surnames = [word(random).title() for _ in range(9_000)] + SPECIAL
    often = [1 / (place + 3) for place in range(len(givens))]

    def name() -> str:
        return f"{random.choices(givens, often)[0]} {random.choice(surnames)}"

    rows: list[TicketRow] = []
    while len(rows) < count:
        order = "".join(random.choice(ALPHABET) for _ in range(6))
        buyer, tier = name(), random.choices((1, 2, 3, 4), (60, 25, 10, 5))[0]
        email, each_named = mail(random, buyer), random.random() < 0.5
        for place in range(random.choices((1, 2, 3, 4), (45, 40, 8, 7))[0]):
            guest = name() if place and each_named else buyer
            status = 0 if random.random() < 0.97 else random.randint(1, 3)
            epoch = 1 if random.random() < 0.98 else 2
            rows.append(TicketRow(random.getrandbits(40), tier, status, epoch, guest, email, order))
    return rows[:count]


def mail(random: Random, name: str) -> str:
    """Return an address; a third of them do not follow from the name."""
    given, surname = name.lower().replace("'", "").split(" ", 1)
    local = random.choice(
        [f"{given}.{surname}", f"{given}{surname}", given[:1] + surname, surname, word(random)]
    )
    if random.random() < 0.2:
        local = word(random) + word(random)
    end = random.choice(["", "", str(random.randrange(100)), str(random.randrange(1950, 2006))])
    return f"{local.replace(' ', '')}{end}@{random.choice(DOMAINS)}"


def admissions(tickets: list[TicketRow], count: int, seed: int = 6) -> list[FactRow]:
    """Return one admit each for some tickets, made by twenty busy doors."""
    random = Random(seed)
    doors = [random.getrandbits(48) for _ in range(20)]
    last = dict.fromkeys(doors, (0, OPENING))
    facts = []
    for ticket in random.sample(tickets, count):
        door = random.choice(doors)
        number, time = last[door]
        number += random.choices((1, 2, 3), (85, 10, 5))[0]
        time += int(random.expovariate(1 / 9_000)) + 900
        last[door] = (number, time)
        how = 1 if random.random() < 0.9 else 2
        tag, on = random.getrandbits(48), random.choices((1, 2), (8, 2))[0]
        flags = SCANNED | PROVEN
        facts.append(
            FactRow(
                door, number, tag, 1, on, 1, ticket.serial, ticket.epoch, how, flags, time, (), None
            )
        )
    return facts
