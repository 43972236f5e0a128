"""The tables of access, beside the store's; what names a person stands in sealed columns only.

Migration `access` makes them. Times are texts as the store writes them: ISO 8601 in UTC with microseconds.
"""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from visionmq.engine.store.tables import metadata

_ID: Final = String(32)
_TIME: Final = String(40)
_CAR: Final = String(64)

users: Final = Table(
    "access_users",
    metadata,
    Column("user_id", _ID, primary_key=True),
    Column("blind", String(64), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("engineer", Integer, nullable=False),
    Column("created_at", _TIME, nullable=False),
)
"""Persons; the login name and the record are sealed with the user's own key."""

logins: Final = Table(
    "access_logins",
    metadata,
    Column("blind", String(64), primary_key=True),
    Column("user_id", _ID, nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
)
"""Password hashes, sealed; one of them is nobody's, and stands in for every name that does not exist."""

attempts: Final = Table(
    "access_attempts",
    metadata,
    Column("blind", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False, index=True),
)
"""Failed logins by name, whether the name exists or not."""

vehicles: Final = Table(
    "access_vehicles",
    metadata,
    Column("car", _CAR, primary_key=True),
    Column("vehicle_id", _ID, nullable=False, unique=True),
    Column("plate", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("booking_id", _ID, nullable=True),
    Column("location", Text, nullable=True),
    Column("located_at", _TIME, nullable=True),
    Column("secret", LargeBinary, nullable=False),
    Column("key_made_at", _TIME, nullable=False),
)
"""Cars; `secret` is the sealed device key, `booking_id` the booking that the car is in use by."""

bookings: Final = Table(
    "access_bookings",
    metadata,
    Column("booking_id", _ID, primary_key=True),
    Column("user_id", _ID, nullable=False),
    Column("car", _CAR, nullable=False),
    Column("starts_at", _TIME, nullable=False),
    Column("ends_at", _TIME, nullable=False),
    Column("state", String(16), nullable=False),
    Column("taken_at", _TIME, nullable=True),
    Column("closed_at", _TIME, nullable=True),
    Index(None, "car", "ends_at"),
    Index(None, "user_id", "ends_at"),
    Index(None, "starts_at", "booking_id"),
)
"""Who holds which car when; the user's id stays when the user is forgotten, and says nothing then."""

assignments: Final = Table(
    "access_assignments",
    metadata,
    Column("assignment_id", _ID, primary_key=True),
    Column("user_id", _ID, nullable=False, index=True),
    Column("car", _CAR, nullable=False, index=True),
    Column("starts_at", _TIME, nullable=False),
    Column("ends_at", _TIME, nullable=True),
)
"""Which engineer may unlock which car, or every car, when."""

nonces: Final = Table(
    "access_nonces",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("car", _CAR, nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False, index=True),
    Index(None, "car", "made_at"),
)
"""Nonces that are still good; using one deletes it."""

policies: Final = Table(
    "access_policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rules", Text, nullable=False),
    Column("set_at", _TIME, nullable=False),
)
"""Every policy that was ever in force; the last one is."""
