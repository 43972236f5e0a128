"""Galleries, the audit log, replies and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(32)
_TIME = sa.String(40)


def upgrade() -> None:
    """Make the first tables."""
    _make_chain()
    _make_galleries()
    op.create_table(
        "data_keys",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("kek", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_data_keys"),
    )
    op.create_index("ix_data_keys_kek", "data_keys", ["kek"])


def _make_chain() -> None:
    op.create_table(
        "vault",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("store_id", _ID, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vault"),
    )
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("kek", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain_head"),
    )
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(256), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_table(
        "replies",
        sa.Column("actor", sa.String(256), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reply", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_replies"),
    )
    op.create_index("ix_replies_created_at", "replies", ["created_at"])


def _make_galleries() -> None:
    op.create_table(
        "galleries",
        sa.Column("gallery_id", _ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("collection", sa.String(128), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("dimension", sa.Integer, nullable=False),
        sa.Column("state", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", name="pk_galleries"),
        sa.UniqueConstraint("kind", "collection", "model", name="uq_galleries_kind_collection_model"),
    )
    op.create_table(
        "subjects",
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("collection", sa.String(128), nullable=False),
        sa.Column("blind", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name="pk_subjects"),
        sa.UniqueConstraint("kind", "collection", "blind", name="uq_subjects_kind_collection_blind"),
    )
    op.create_index("ix_subjects_expires_at", "subjects", ["expires_at"])
    _make_templates()
    op.create_table(
        "changes",
        sa.Column("sequence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("gallery_id", _ID, nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("sequence", "gallery_id", "subject_id", name="pk_changes"),
    )
    op.create_table(
        "notes",
        sa.Column("gallery_id", _ID, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "name", name="pk_notes"),
        sa.ForeignKeyConstraint(["gallery_id"], ["galleries.gallery_id"], name="fk_notes_gallery_id"),
    )


def _make_templates() -> None:
    op.create_table(
        "templates",
        sa.Column("template_id", _ID, nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("gallery_id", _ID, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("template_id", name="pk_templates"),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name="fk_templates_subject_id"),
        sa.ForeignKeyConstraint(["gallery_id"], ["galleries.gallery_id"], name="fk_templates_gallery_id"),
    )
    op.create_index("ix_templates_subject_id", "templates", ["subject_id"])
    op.create_index("ix_templates_gallery_id_template_id", "templates", ["gallery_id", "template_id"])
