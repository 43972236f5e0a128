"""Users, cars, bookings, engineers, nonces and policies."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(32)
_TIME = sa.String(40)
_CAR = sa.String(64)


def upgrade() -> None:
    """Make the tables of access."""
    _make_users()
    _make_vehicles()
    _make_bookings()
    op.create_table(
        "access_policies",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_access_policies"),
    )


def _make_users() -> None:
    op.create_table(
        "access_users",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("blind", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("engineer", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_access_users"),
        sa.UniqueConstraint("blind", name="uq_access_users_blind"),
    )
    op.create_table(
        "access_logins",
        sa.Column("blind", sa.String(64), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("blind", name="pk_access_logins"),
        sa.UniqueConstraint("user_id", name="uq_access_logins_user_id"),
    )
    op.create_table(
        "access_attempts",
        sa.Column("blind", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("blind", name="pk_access_attempts"),
    )
    op.create_index("ix_access_attempts_expires_at", "access_attempts", ["expires_at"])


def _make_vehicles() -> None:
    op.create_table(
        "access_vehicles",
        sa.Column("car", _CAR, nullable=False),
        sa.Column("vehicle_id", _ID, nullable=False),
        sa.Column("plate", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("booking_id", _ID, nullable=True),
        sa.Column("location", sa.Text, nullable=True),
        sa.Column("located_at", _TIME, nullable=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("key_made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("car", name="pk_access_vehicles"),
        sa.UniqueConstraint("vehicle_id", name="uq_access_vehicles_vehicle_id"),
    )
    op.create_table(
        "access_nonces",
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("car", _CAR, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name="pk_access_nonces"),
    )
    op.create_index("ix_access_nonces_expires_at", "access_nonces", ["expires_at"])
    op.create_index("ix_access_nonces_car_made_at", "access_nonces", ["car", "made_at"])


def _make_bookings() -> None:
    op.create_table(
        "access_bookings",
        sa.Column("booking_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("car", _CAR, nullable=False),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("taken_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("booking_id", name="pk_access_bookings"),
    )
    op.create_index("ix_access_bookings_car_ends_at", "access_bookings", ["car", "ends_at"])
    op.create_index("ix_access_bookings_user_id_ends_at", "access_bookings", ["user_id", "ends_at"])
    op.create_index("ix_access_bookings_starts_at_booking_id", "access_bookings", ["starts_at", "booking_id"])
    op.create_table(
        "access_assignments",
        sa.Column("assignment_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("car", _CAR, nullable=False),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("assignment_id", name="pk_access_assignments"),
    )
    op.create_index("ix_access_assignments_user_id", "access_assignments", ["user_id"])
    op.create_index("ix_access_assignments_car", "access_assignments", ["car"])
