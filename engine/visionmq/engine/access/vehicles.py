"""Administration of cars, and the keys by which they prove what they send."""

import secrets
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from visionmq.engine.access.errors import bad, conflict, missing
from visionmq.engine.access.methods import ADD_VEHICLE, EDIT_VEHICLE, REMOVE_VEHICLE, ROTATE_KEY, Asked
from visionmq.engine.access.tables import assignments, bookings, nonces, vehicles
from visionmq.engine.store.session import Session, Write, new_id
from visionmq.schemas.access.bookings import BookingState
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.vehicles import (
    AddVehicleParams,
    CarState,
    DeviceKey,
    EditVehicleParams,
    Location,
    Vehicle,
    VehicleParams,
    Vehicles,
    VehiclesParams,
)

_KEY_BYTES: Final = 32
_PLACE: Final = "access_vehicles"
OPEN: Final = (BookingState.BOOKED.value, BookingState.ACTIVE.value)


def find_vehicle(session: Session, car: str) -> Row[Any] | None:
    """Return a car's row."""
    return session.connection.execute(select(vehicles).where(vehicles.c.car == car)).one_or_none()


def the_vehicle(session: Session, car: str) -> Row[Any]:
    """Return a car's row; NOT_FOUND if there is none."""
    row = find_vehicle(session, car)
    if row is None:
        raise missing("There is no such car.")
    return row


def device_key(session: Session, row: Row[Any]) -> str:
    """Return a car's device key, in hexadecimal digits."""
    return session.sealer.box(row.vehicle_id).open(row.secret, _PLACE, row.vehicle_id).hex()


def write_location(location: Location | None) -> str | None:
    """Return a location as a column holds it."""
    return None if location is None else msgspec.json.encode(location).decode()


def add_vehicle(session: Session, request: Asked[AddVehicleParams]) -> DeviceKey:
    """Make a car and its key; CONFLICT if the id is taken. What is kept under the request's key lacks the car's."""
    with session.write(request.author, ADD_VEHICLE, request) as write:
        told = write.former or write.reply(_add(session, write, request.params))
        return _with_key(session, told, repeated=write.former is not None)


def _add(session: Session, write: Write[DeviceKey], params: AddVehicleParams) -> DeviceKey:
    if find_vehicle(session, params.car) is not None:
        raise conflict("This car is there already.")
    entry = write.record(car=params.car, vehicle=_insert(session, params))
    return DeviceKey(car=params.car, key="", audit_sequence=entry.sequence)


def rotate_device_key(session: Session, request: Asked[VehicleParams]) -> DeviceKey:
    """Give a car a new key; the former one, and all nonces, are good for nothing from now on."""
    with session.write(request.author, ROTATE_KEY, request) as write:
        told = write.former or write.reply(_rotate(session, write, request.params.car))
        return _with_key(session, told, repeated=write.former is not None)


def _rotate(session: Session, write: Write[DeviceKey], car: str) -> DeviceKey:
    row, key = the_vehicle(session, car), secrets.token_bytes(_KEY_BYTES)
    secret = session.sealer.box(row.vehicle_id).seal(key, _PLACE, row.vehicle_id)
    values = {"secret": secret, "key_made_at": session.now()}
    session.connection.execute(update(vehicles).where(vehicles.c.car == car).values(values))
    session.connection.execute(delete(nonces).where(nonces.c.car == car))
    return DeviceKey(car=car, key="", audit_sequence=write.record(car=car, vehicle=row.vehicle_id).sequence)


def _with_key(session: Session, told: DeviceKey, *, repeated: bool) -> DeviceKey:
    """Return a reply with the car's key of now, which is never kept with replies."""
    key = device_key(session, the_vehicle(session, told.car))
    return msgspec.structs.replace(told, key=key, repeated=repeated)


def _insert(session: Session, params: AddVehicleParams) -> str:
    vehicle_id, now = new_id(), session.now()
    secret = session.sealer.make(vehicle_id).seal(secrets.token_bytes(_KEY_BYTES), _PLACE, vehicle_id)
    session.connection.execute(
        insert(vehicles).values(
            car=params.car,
            vehicle_id=vehicle_id,
            plate=params.plate,
            state=CarState.FREE.value,
            location=write_location(params.location),
            located_at=now if params.location else None,
            secret=secret,
            key_made_at=now,
        )
    )
    return vehicle_id


def edit_vehicle(session: Session, request: Asked[EditVehicleParams]) -> Changed:
    """Change what is given; CONFLICT for a state that the car's use contradicts."""
    params = request.params
    if params.state is CarState.IN_USE:
        raise bad("A car is in use when somebody takes it; set `free` or `out_of_service`.")
    with session.write(request.author, EDIT_VEHICLE, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        row = the_vehicle(session, params.car)
        if params.state is CarState.FREE and row.booking_id is not None:
            raise conflict("The car is in use.", "Return it first (`access.return`).")
        changes: dict[str, str] = {}
        if params.plate is not None:
            changes["plate"] = params.plate
        if params.state is not None:
            changes["state"] = params.state.value
        if params.location is not None:
            changes |= {"location": write_location(params.location) or "", "located_at": session.now()}
        if changes:
            session.connection.execute(update(vehicles).where(vehicles.c.car == params.car).values(changes))
        entry = write.record(car=params.car, changed=",".join(sorted(changes)))
        return write.reply(Changed(id=params.car, audit_sequence=entry.sequence))


def remove_vehicle(session: Session, request: Asked[VehicleParams]) -> Changed:
    """Remove a car and its key; CONFLICT while it has bookings that are not over."""
    car = request.params.car
    with session.write(request.author, REMOVE_VEHICLE, request) as write:
        if write.former is not None:
            return msgspec.structs.replace(write.former, repeated=True)
        row = the_vehicle(session, car)
        count = select(func.count()).select_from(bookings).where(bookings.c.car == car, bookings.c.state.in_(OPEN))
        if (held := session.connection.execute(count).scalar_one()) > 0:
            raise conflict(f"The car has {held} open bookings.", "Cancel or return them first.")
        session.connection.execute(delete(vehicles).where(vehicles.c.car == car))
        for table in (nonces, assignments):
            session.connection.execute(delete(table).where(table.c.car == car))
        session.sealer.destroy(row.vehicle_id)
        session.forgot = True
        return write.reply(Changed(id=car, audit_sequence=write.record(car=car, vehicle=row.vehicle_id).sequence))


def list_vehicles(session: Session, request: VehiclesParams) -> Vehicles:
    """Return a page of cars."""
    query = select(vehicles).where(vehicles.c.car > (request.after or "")).order_by(vehicles.c.car)
    found = session.connection.execute(query.limit(request.limit + 1)).all()
    total = session.connection.execute(select(func.count()).select_from(vehicles)).scalar_one()
    page = found[: request.limit]
    shown = [_shown(row) for row in page]
    return Vehicles(vehicles=shown, total=total, after=page[-1].car if len(found) > len(page) else None)


def _shown(row: Row[Any]) -> Vehicle:
    return Vehicle(
        car=row.car,
        plate=row.plate,
        state=CarState(row.state),
        location=msgspec.json.decode(row.location, type=Location) if row.location else None,
        located_at=row.located_at,
        booking=row.booking_id,
        key_made_at=row.key_made_at,
    )
