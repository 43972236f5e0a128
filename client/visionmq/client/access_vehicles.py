"""Cars, their device keys, and the nonces that these prove."""

from typing import Any

from visionmq.client.access import Place, asked, location_of
from visionmq.client.calls import Call, result_of
from visionmq.schemas.access.common import Changed
from visionmq.schemas.access.edge import Nonce, NonceParams
from visionmq.schemas.access.vehicles import (
    AddVehicleParams,
    CarState,
    DeviceKey,
    EditVehicleParams,
    VehicleParams,
    Vehicles,
    VehiclesParams,
)


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


def nonce(car: str, **sending: Any) -> Call[Nonce]:
    """Return a number with which this car proves one encoding, soon."""
    return result_of(Nonce, "access.nonce", asked(NonceParams, car=car), (), sending)
