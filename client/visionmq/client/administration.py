"""Administration of access: users, cars, bookings, engineers and rules, as `client.access`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from visionmq.client.access import Moment, Place, asked, location_of, moment_of
from visionmq.client.calls import Awaiting, Blocking, Call, awaited, blocking, result_of
from visionmq.client.replies import Reply
from visionmq.schemas.access.bookings import Bookings, BookingsParams, BookingState, BookParams, CancelParams
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.edge import Nonce, NonceParams
from visionmq.schemas.access.engineers import EVERY_CAR, AssignParams, Engineers, UnassignParams
from visionmq.schemas.access.imports import Imported, ImportKind, ImportParams
from visionmq.schemas.access.policies import Policy, PolicyParams, SetPolicyParams
from visionmq.schemas.access.users import (
    AddUserParams,
    EditUserParams,
    Forgotten,
    SetPasswordParams,
    UserParams,
    Users,
    UsersParams,
)
from visionmq.schemas.access.vehicles import (
    AddVehicleParams,
    CarState,
    DeviceKey,
    EditVehicleParams,
    VehicleParams,
    Vehicles,
    VehiclesParams,
)


def _at(given: Moment | None) -> datetime | None:
    return None if given is None else moment_of(given)


def nonce(car: str, **sending: Any) -> Call[Nonce]:
    """Return a number with which this car proves one encoding, soon."""
    return result_of(Nonce, "access.nonce", asked(NonceParams, car=car), (), sending)


# ---- users ----------------------------------------------------------------------------------


def add_user(
    user: str,
    password: str,
    *,
    full_name: str | None = None,
    birth_date: date | str | None = None,
    subject: str | None = None,
    collection: str | None = None,
    **sending: Any,
) -> Call[Changed]:
    """Add a user; raises Conflict if the name is taken. `subject` and `collection` name the enrolled face."""
    params = asked(
        AddUserParams,
        user=user,
        password=password,
        full_name=full_name,
        birth_date=birth_date,
        subject=subject,
        collection=collection,
    )
    return result_of(Changed, "access.add_user", params, (), sending)


def edit_user(
    user: str,
    *,
    full_name: str | None = None,
    birth_date: date | str | None = None,
    subject: str | None = None,
    collection: str | None = None,
    **sending: Any,
) -> Call[Changed]:
    """Change what is given of a user's record."""
    params = asked(
        EditUserParams,
        user=user,
        full_name=full_name,
        birth_date=birth_date,
        subject=subject,
        collection=collection,
    )
    return result_of(Changed, "access.edit_user", params, (), sending)


def set_password(user: str, password: str, **sending: Any) -> Call[Changed]:
    """Give a user a new password, and clear a lock-out."""
    return result_of(
        Changed, "access.set_password", asked(SetPasswordParams, user=user, password=password), (), sending
    )


def unlock(user: str, **sending: Any) -> Call[Changed]:
    """Clear a user's lock-out."""
    return result_of(Changed, "access.unlock", asked(UserParams, user=user), (), sending)


def users(*, after: str | None = None, limit: int | None = None, **sending: Any) -> Call[Users]:
    """Return a page of users in the order in which they were added."""
    return result_of(Users, "access.users", asked(UsersParams, after=after, limit=limit), (), sending)


def forget_user(user: str, **sending: Any) -> Call[Forgotten]:
    """Destroy a user's key, and with it the record and the enrolled face; returns a signed receipt."""
    return result_of(Forgotten, "access.forget_user", asked(UserParams, user=user), (), sending)


# ---- cars -----------------------------------------------------------------------------------


def add_vehicle(
    car: str, *, plate: str | None = None, location: Place | None = None, **sending: Any
) -> Call[DeviceKey]:
    """Add a car; returns its device key, which is told this once. Raises Conflict if the id is taken."""
    where = None if location is None else location_of(location)
    params = asked(AddVehicleParams, car=car, plate=plate, location=where)
    return result_of(DeviceKey, "access.add_vehicle", params, (), sending)


def edit_vehicle(
    car: str,
    *,
    plate: str | None = None,
    location: Place | None = None,
    state: CarState | str | None = None,
    **sending: Any,
) -> Call[Changed]:
    """Change what is given of a car; `state` may be `free` or `out_of_service`."""
    where = None if location is None else location_of(location)
    params = asked(EditVehicleParams, car=car, plate=plate, location=where, state=state)
    return result_of(Changed, "access.edit_vehicle", params, (), sending)


def rotate_device_key(car: str, **sending: Any) -> Call[DeviceKey]:
    """Give a car a new device key; the former proves nothing any more."""
    return result_of(DeviceKey, "access.rotate_device_key", asked(VehicleParams, car=car), (), sending)


def remove_vehicle(car: str, **sending: Any) -> Call[Changed]:
    """Remove a car."""
    return result_of(Changed, "access.remove_vehicle", asked(VehicleParams, car=car), (), sending)


def vehicles(*, after: str | None = None, limit: int | None = None, **sending: Any) -> Call[Vehicles]:
    """Return a page of cars by id."""
    return result_of(Vehicles, "access.vehicles", asked(VehiclesParams, after=after, limit=limit), (), sending)


# ---- bookings -------------------------------------------------------------------------------


def book(user: str, car: str, start: Moment, end: Moment, **sending: Any) -> Call[Changed]:
    """Book a car for a user from start until before end; raises Conflict where it overlaps another booking."""
    params = asked(BookParams, user=user, car=car, start=moment_of(start), end=moment_of(end))
    return result_of(Changed, "access.book", params, (), sending)


def cancel_booking(booking: str, **sending: Any) -> Call[Changed]:
    """Give up a booking whose car was not taken; raises Conflict otherwise."""
    return result_of(Changed, "access.cancel_booking", asked(CancelParams, booking=booking), (), sending)


def bookings(
    *,
    car: str | None = None,
    user: str | None = None,
    states: Sequence[BookingState | str] = (),
    since: Moment | None = None,
    until: Moment | None = None,
    after: str | None = None,
    limit: int | None = None,
    **sending: Any,
) -> Call[Bookings]:
    """Return a page of the bookings that fit everything given, by start."""
    params = asked(
        BookingsParams,
        car=car,
        user=user,
        states=list(states),
        since=_at(since),
        until=_at(until),
        after=after,
        limit=limit,
    )
    return result_of(Bookings, "access.bookings", params, (), sending)


# ---- engineers ------------------------------------------------------------------------------


def add_engineer(user: str, **sending: Any) -> Call[Changed]:
    """Make a user an engineer, who may unlock the cars of his assignments without a booking."""
    return result_of(Changed, "access.add_engineer", asked(UserParams, user=user), (), sending)


def remove_engineer(user: str, **sending: Any) -> Call[Changed]:
    """Let a user be no engineer any more."""
    return result_of(Changed, "access.remove_engineer", asked(UserParams, user=user), (), sending)


def assign(
    user: str, car: str = EVERY_CAR, start: Moment | None = None, end: Moment | None = None, **sending: Any
) -> Call[Changed]:
    """Let an engineer unlock a car, or every car, from now or `start` on, for good or until `end`."""
    params = asked(AssignParams, user=user, car=car, start=_at(start), end=_at(end))
    return result_of(Changed, "access.assign", params, (), sending)


def unassign(assignment: str, **sending: Any) -> Call[Changed]:
    """Take an assignment back."""
    return result_of(Changed, "access.unassign", asked(UnassignParams, assignment=assignment), (), sending)


def engineers(**sending: Any) -> Call[Engineers]:
    """Return all engineers and their assignments."""
    return result_of(Engineers, "access.engineers", None, (), sending)


# ---- tables and rules -----------------------------------------------------------------------


def import_rows(kind: ImportKind | str, rows: Sequence[Mapping[str, str]], **sending: Any) -> Call[Imported]:
    """Take in up to 500 rows of a table by column name, each for itself; with a `key` no row twice."""
    params = asked(ImportParams, kind=kind, rows=[dict(row) for row in rows])
    return result_of(Imported, "access.import", params, (), sending)


def policy(version: int | None = None, **sending: Any) -> Call[Policy]:
    """Return the rules that are in force, or those of a version."""
    return result_of(Policy, "access.policy", asked(PolicyParams, version=version), (), sending)


def set_policy(*, replaces: int | None = None, rules: Mapping[str, Any], **sending: Any) -> Call[Policy]:
    """Put rules in force as a new version: what `rules` names changes, the rest stays.

    With `replaces` only if that version is in force; raises Conflict otherwise.
    """
    params = asked(SetPolicyParams, rules=dict(rules), replaces=replaces)
    return result_of(Policy, "access.set_policy", params, (), sending)


class Administration:
    """Users, cars, bookings, engineers and rules; `client.access`."""

    def __init__(self, client: Blocking) -> None:
        self._client = client

    def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
        """Send a request as the client does."""
        return self._client.call(operation, params, images, **options)

    nonce = blocking(nonce)
    add_user = blocking(add_user)
    edit_user = blocking(edit_user)
    set_password = blocking(set_password)
    unlock = blocking(unlock)
    users = blocking(users)
    forget_user = blocking(forget_user)
    add_vehicle = blocking(add_vehicle)
    edit_vehicle = blocking(edit_vehicle)
    rotate_device_key = blocking(rotate_device_key)
    remove_vehicle = blocking(remove_vehicle)
    vehicles = blocking(vehicles)
    book = blocking(book)
    cancel_booking = blocking(cancel_booking)
    bookings = blocking(bookings)
    add_engineer = blocking(add_engineer)
    remove_engineer = blocking(remove_engineer)
    assign = blocking(assign)
    unassign = blocking(unassign)
    engineers = blocking(engineers)
    import_rows = blocking(import_rows)
    policy = blocking(policy)
    set_policy = blocking(set_policy)


class AsyncAdministration:
    """Users, cars, bookings, engineers and rules, for asyncio."""

    def __init__(self, client: Awaiting) -> None:
        self._client = client

    async def call(self, operation: str, params: Any, images: Any, **options: Any) -> Reply[Any]:
        """Send a request as the client does."""
        return await self._client.call(operation, params, images, **options)

    nonce = awaited(nonce)
    add_user = awaited(add_user)
    edit_user = awaited(edit_user)
    set_password = awaited(set_password)
    unlock = awaited(unlock)
    users = awaited(users)
    forget_user = awaited(forget_user)
    add_vehicle = awaited(add_vehicle)
    edit_vehicle = awaited(edit_vehicle)
    rotate_device_key = awaited(rotate_device_key)
    remove_vehicle = awaited(remove_vehicle)
    vehicles = awaited(vehicles)
    book = awaited(book)
    cancel_booking = awaited(cancel_booking)
    bookings = awaited(bookings)
    add_engineer = awaited(add_engineer)
    remove_engineer = awaited(remove_engineer)
    assign = awaited(assign)
    unassign = awaited(unassign)
    engineers = awaited(engineers)
    import_rows = awaited(import_rows)
    policy = awaited(policy)
    set_policy = awaited(set_policy)
