"""Cars: where they stand, what they are doing, and the keys by which they prove encodings."""

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

from visionmq.schemas.access.common import MAX_PAGE, Car, PageSize
from visionmq.schemas.common import Params


class CarState(StrEnum):
    """What a car is doing."""

    FREE = "free"
    IN_USE = "in_use"
    OUT_OF_SERVICE = "out_of_service"
    """Nobody but engineers may take it."""


class Location(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a car stands: degrees (WGS 84), words, or both."""

    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    text: Annotated[str, Meta(max_length=200)] = ""


class AddVehicleParams(Params, frozen=True, kw_only=True):
    """A new car; CONFLICT if the id is taken."""

    car: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s*]+$")]
    plate: Annotated[str, Meta(max_length=32)] = ""
    location: Location | None = None


class EditVehicleParams(Params, frozen=True, kw_only=True):
    """Change what is given; `state` may be set to `free` or `out_of_service`."""

    car: Car
    plate: Annotated[str, Meta(max_length=32)] | None = None
    location: Location | None = None
    state: CarState | None = None


class VehicleParams(Params, frozen=True, kw_only=True):
    """A car."""

    car: Car


class VehiclesParams(Params, frozen=True, kw_only=True):
    """A page of cars in order of id."""

    after: str | None = None
    limit: PageSize = MAX_PAGE


class DeviceKey(Struct, frozen=True, kw_only=True):
    """The key by which a car proves its encodings; told now and at rotation, never again."""

    car: str
    key: str
    """32 bytes in hexadecimal digits."""
    audit_sequence: int
    repeated: bool = False
    pass_back: Any = None


class Vehicle(Struct, frozen=True, kw_only=True):
    """One car."""

    car: str
    plate: str = ""
    state: CarState
    location: Location | None = None
    located_at: str | None = None
    booking: str | None = None
    """The booking that it is in use by."""
    key_made_at: str


class Vehicles(Struct, frozen=True, kw_only=True):
    """Cars; `after` asks for the next page, None where there is none."""

    vehicles: list[Vehicle]
    total: int
    after: str | None = None
    pass_back: Any = None
