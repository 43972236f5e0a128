"""`visionmq access`: users, cars, bookings, and whether somebody may take a car now."""

from typing import Any, Final

import typer

from visionmq.client.cli import access_bookings as bookings
from visionmq.client.cli import access_cars as cars
from visionmq.client.cli import access_decide as decide
from visionmq.client.cli import access_users as users
from visionmq.client.cli.access_import import take_in
from visionmq.client.cli.access_policy import policy
from visionmq.client.cli.group import examples, make_group

group = make_group(
    "Decide who may take a car now, by login, by face or by both; keep users, cars, bookings and engineers.",
    epilog=examples(
        "visionmq access user add ada --full-name 'Ada Lovelace' --birth-date 1990-12-10",
        "visionmq access car add car-7 --plate 'W 12345' -o car-7.key",
        "visionmq access book ada car-7 now +2h",
        "visionmq access validate ada car-7",
        "visionmq access face car-7 door.jpg",
        "visionmq access return ada car-7 48.2082,16.3738",
    ),
)
user = make_group(
    "Users: who may log in.", epilog=examples("visionmq access user add ada", "visionmq access user list")
)
car = make_group(
    "Cars, and the keys by which they prove what they encode.",
    epilog=examples("visionmq access car add car-7 -o car-7.key", "visionmq access car list"),
)
engineer = make_group(
    "Engineers, who may unlock cars without a booking.",
    epilog=examples("visionmq access engineer add grace", "visionmq access engineer assign grace '*'"),
)

_Row = tuple[typer.Typer, str, Any, tuple[str, ...]]
_COMMANDS: Final[tuple[_Row, ...]] = (
    (group, "validate", decide.validate, ("validate ada car-7", "validate ada car-7 --password-stdin < secret")),
    (
        group,
        "face",
        decide.face,
        ("face car-7 door.jpg", "face car-7 --encoding encoding.jsonl --device-key car-7.key --json"),
    ),
    (
        group,
        "return",
        decide.bring_back,
        ("return ada car-7 48.2082,16.3738", "return ada car-7 'yard 3' --once r-991"),
    ),
    (group, "nonce", decide.nonce, ("nonce car-7 --json",)),
    (group, "book", bookings.book, ("book ada car-7 now +2h", "book ada car-7 2026-12-01T08:00 2026-12-01T18:00")),
    (group, "bookings", bookings.bookings, ("bookings", "bookings --car car-7 --state booked --since now")),
    (group, "cancel", bookings.cancel, ("cancel 01K...",)),
    (group, "import", take_in, ("import users.csv --dry-run", "import bookings.csv -o out.jsonl")),
    (group, "policy", policy, ("policy", "policy grace_before=300 least_age=21")),
    (user, "add", users.add, ("user add ada", "user add ada --full-name 'Ada Lovelace' --password-stdin < secret")),
    (user, "list", users.users, ("user list", "user list --json")),
    (user, "edit", users.edit, ("user edit ada --full-name 'Ada King'",)),
    (user, "password", users.password, ("user password ada",)),
    (user, "unlock", users.unlock, ("user unlock ada",)),
    (user, "forget", users.forget, ("user forget ada -o receipt.json",)),
    (car, "add", cars.add, ("car add car-7 --plate 'W 12345' --at 48.2,16.37 -o car-7.key",)),
    (car, "list", cars.cars, ("car list",)),
    (car, "edit", cars.edit, ("car edit car-7 --state out_of_service",)),
    (car, "key", cars.key, ("car key car-7 -o new.key",)),
    (car, "remove", cars.remove, ("car remove car-7",)),
    (engineer, "add", bookings.add_engineer, ("engineer add grace",)),
    (engineer, "remove", bookings.remove_engineer, ("engineer remove grace",)),
    (engineer, "assign", bookings.assign, ("engineer assign grace '*'", "engineer assign grace car-7 --end +8h")),
    (engineer, "unassign", bookings.unassign, ("engineer unassign 01K...",)),
    (engineer, "list", bookings.engineers, ("engineer list",)),
)
for _group, _name, _function, _lines in _COMMANDS:
    _group.command(_name, epilog=examples(*(f"visionmq access {line}" for line in _lines)))(_function)
group.add_typer(user, name="user")
group.add_typer(car, name="car")
group.add_typer(engineer, name="engineer")
