"""The store's tables; what could name or show a person stands in sealed columns only.

Migrations make them (`migrations/versions`); a test holds these definitions against what the migrations make.
Times are ISO 8601 in UTC, with microseconds, so that they sort as text.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_ID: Final = String(32)
_TIME: Final = String(40)

vault: Final = Table(
    "vault",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("store_id", _ID, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("created_at", _TIME, nullable=False),
)
"""One row: which key file belongs to this store."""

chain_head: Final = Table(
    "chain_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Column("kek", String(32), nullable=False),
)
"""One row, the lock of all writers: the last audit row, sealed with the key file, and the key in use."""

audit: Final = Table(
    "audit",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _TIME, nullable=False),
    Column("action", String(64), nullable=False),
    Column("actor", String(256), nullable=False),
    Column("facts", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""What was changed, by whom; each row holds the hash of the one before."""

replies: Final = Table(
    "replies",
    metadata,
    Column("actor", String(256), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("reply", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False, index=True),
)
"""What was answered to whom, by the blind index of the effect's key; ids only."""

data_keys: Final = Table(
    "data_keys",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek", String(32), nullable=False, index=True),
)
"""One key for each subject, user or gallery, wrapped by a key of the key file."""

galleries: Final = Table(
    "galleries",
    metadata,
    Column("gallery_id", _ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("collection", String(128), nullable=False),
    Column("model", String(128), nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("state", BigInteger, nullable=False),
    UniqueConstraint("kind", "collection", "model"),
)
"""Templates of one model in one collection; `state` is the sequence of the last change."""

subjects: Final = Table(
    "subjects",
    metadata,
    Column("subject_id", _ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("collection", String(128), nullable=False),
    Column("blind", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=True, index=True),
    UniqueConstraint("kind", "collection", "blind"),
)
"""Persons and brands; the name, consent and attributes are sealed."""

templates: Final = Table(
    "templates",
    metadata,
    Column("template_id", _ID, primary_key=True),
    Column("subject_id", _ID, ForeignKey("subjects.subject_id"), nullable=False, index=True),
    Column("gallery_id", _ID, ForeignKey("galleries.gallery_id"), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=True),
    Column("created_at", _TIME, nullable=False),
    Index(None, "gallery_id", "template_id"),
)
"""Vectors and what belongs to them; all three blobs are sealed with the subject's key."""


def in_gallery(gallery_id: str) -> ColumnElement[bool]:
    """Whether a template is of a gallery, beside a condition on its subject.

    Said so that no planner takes the gallery's own index, which is as long as the gallery: a subject has few rows.
    """
    return templates.c.gallery_id.concat("") == gallery_id


changes: Final = Table(
    "changes",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("gallery_id", _ID, primary_key=True),
    Column("subject_id", _ID, primary_key=True),
)
"""Which subjects' templates changed at which audit row: what an index reads after its cursor."""

notes: Final = Table(
    "notes",
    metadata,
    Column("gallery_id", _ID, ForeignKey("galleries.gallery_id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", BigInteger, nullable=False),
)
"""What engines note about a gallery, such as a calibration."""
