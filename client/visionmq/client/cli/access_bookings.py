"""`visionmq access book`, `bookings`, `cancel`, and `access engineer`: who may take which car, and when."""

from typing import Annotated, Any

import typer

from visionmq.client.cli.access_ask import (
    DESK,
    AsObject,
    Once,
    everything,
    maybe_when,
    print_changed,
    print_rows,
    short_moment,
    when,
)
from visionmq.client.cli.access_decide import CarId, UserName, keyed
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service
from visionmq.schemas.access.engineers import EVERY_CAR

Start = Annotated[str | None, typer.Option("--start", metavar="WHEN", help="From when on. [now]")]
End = Annotated[str | None, typer.Option("--end", metavar="WHEN", help="Until when. [until it is taken back]")]


@talks
def book(
    context: typer.Context,
    user: UserName,
    car: CarId,
    start: Annotated[str, typer.Argument(metavar="START", help="now, 18:00, 2026-11-21T18:00, +2h.")],
    end: Annotated[str, typer.Argument(metavar="END", help="The same, or so long after START: +2h, +3d.")],
    once: Once = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Book a car for a user from START until before END; refused where it overlaps another booking of the car."""
    begin = when(start, "START")
    until = when(end, "END", after=begin)
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        done = client.access.book(user, car, begin, until, **keyed(once))
    span = f"{begin:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M %Z}"
    print_changed(done, f"car {car} booked for {user}, {span}, booking {done.id}", as_json=as_json)


@talks
def bookings(
    context: typer.Context,
    car: Annotated[str | None, typer.Option("--car", metavar="CAR", help="Only of this car.")] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Only of this user.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="WORD", help="Only booked, active, returned or cancelled; may be repeated."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Only those that end after this.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Only those that start before this.")
    ] = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """List bookings, by start."""
    asked: dict[str, Any] = {"car": car, "user": user, "states": state or (), "since": maybe_when(since, "--since")}
    asked["until"] = maybe_when(until, "--until")
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        found = list(everything(lambda after: client.access.bookings(after=after, **asked), "bookings"))
    columns = ("user", "car", "start", "end", "state", "live", "booking")
    empty = "no such bookings; visionmq access book USER CAR START END"
    print_rows(found, columns, _row, as_json=as_json, empty=empty)


def _row(one: Any) -> tuple[object, ...]:
    span = (short_moment(one.start), short_moment(one.end))
    return (one.user or "forgotten", one.car, *span, str(one.state), "yes" if one.live else "-", one.booking)


@talks
def cancel(
    context: typer.Context,
    booking: Annotated[str, typer.Argument(metavar="BOOKING", help="Its id.")],
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Give up a booking whose car was not taken."""
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.cancel_booking(booking)
    print_changed(done, f"booking {booking} cancelled", as_json=as_json)


# ---- engineers ------------------------------------------------------------------------------


@talks
def add_engineer(context: typer.Context, user: UserName, store: Store = None, as_json: AsObject = False) -> None:
    """Make a user an engineer, who may unlock assigned cars without a booking."""
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.add_engineer(user)
    print_changed(done, f"{user} is an engineer; visionmq access engineer assign {user} CAR", as_json=as_json)


@talks
def remove_engineer(context: typer.Context, user: UserName, store: Store = None, as_json: AsObject = False) -> None:
    """Let a user be no engineer any more."""
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.remove_engineer(user)
    print_changed(done, f"{user} is no engineer any more", as_json=as_json)


@talks
def assign(
    context: typer.Context,
    user: UserName,
    car: Annotated[str, typer.Argument(metavar="CAR", help=f"The car's id, or '{EVERY_CAR}' for every car.")],
    start: Start = None,
    end: End = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Let an engineer unlock a car without a booking."""
    begin = maybe_when(start, "--start")
    until = maybe_when(end, "--end", after=begin)
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.assign(user, car, begin, until)
    print_changed(done, f"{user} may unlock {car}, assignment {done.id}", as_json=as_json)


@talks
def unassign(
    context: typer.Context,
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its id.")],
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Take an assignment back."""
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.unassign(assignment)
    print_changed(done, f"assignment {assignment} taken back", as_json=as_json)


@talks
def engineers(context: typer.Context, store: Store = None, as_json: AsObject = False) -> None:
    """List the engineers and what they may unlock."""
    from visionmq.client.cli.show import print_json

    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        found = client.access.engineers()
    if as_json:
        print_json(found)
        return
    pairs = [
        (one, each) for one in found.engineers for each in (*one.assignments, *([] if one.assignments else [None]))
    ]
    columns = ("engineer", "car", "start", "end", "live", "assignment")
    empty = "there are no engineers; visionmq access engineer add USER"
    print_rows(pairs, columns, _assignment, as_json=False, empty=empty)


def _assignment(pair: Any) -> tuple[object, ...]:
    who, one = pair
    if one is None:
        return who.user, "-", "-", "-", "-", "-"
    return who.user, one.car, short_moment(one.start), short_moment(one.end), "yes" if one.live else "-", one.assignment
