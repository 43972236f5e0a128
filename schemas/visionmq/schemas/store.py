"""Parameters and results of `store.*`, `audit.*` and `receipt.verify`."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from visionmq.schemas.common import Params

MOST_ENTRIES: Final = 1000
"""Audit rows in one answer."""


class InfoParams(Params, frozen=True, kw_only=True):
    """`store.info` takes nothing of its own."""


class Info(Struct, frozen=True, kw_only=True):
    """What the store is and holds."""

    store_id: str
    kind: str
    """`sqlite` or `postgresql`."""
    address: str
    """Without the password."""
    schema_version: str
    fingerprint: str
    """Of the key file that belongs to this store."""
    key_file: str
    wrapping_key: str
    """Id of the key that wraps data keys now."""
    former_keys: int
    """Data keys still wrapped with a former key; not 0 where a rotation was cut short."""
    subjects: int
    templates: int
    collections: int
    audit_rows: int
    created_at: str
    public_key: str
    """Ed25519, base64; checks receipts and heads."""
    pass_back: Any = None


class RekeyParams(Params, frozen=True, kw_only=True):
    """Make a new wrapping key, wrap all data keys with it, and destroy the former one; others work on meanwhile."""


class Rekeyed(Struct, frozen=True, kw_only=True):
    """All data keys are wrapped with a new key."""

    wrapping_key: str
    """Id of the new key."""
    wrapped: int
    """Data keys that were wrapped anew."""
    audit_sequence: int
    repeated: bool = False
    pass_back: Any = None


class HeadParams(Params, frozen=True, kw_only=True):
    """`audit.head` takes nothing of its own."""


class Head(Struct, frozen=True, kw_only=True):
    """Where the audit log ends now, signed; kept elsewhere, it shows later whether the log was cut or put back."""

    store_id: str
    sequence: int
    hash: str
    at: str
    public_key: str
    """Ed25519, base64."""
    signature: str
    """Base64; over the canonical JSON of all other fields but `pass_back`."""
    pass_back: Any = None


class KeptHead(Struct, frozen=True, kw_only=True):
    """A head as `audit.head` told it once."""

    store_id: str
    sequence: Annotated[int, Meta(ge=0)]
    hash: str
    at: str
    public_key: str
    signature: str
    pass_back: Any = None


class VerifyParams(Params, frozen=True, kw_only=True):
    """Check the hash of every row of the audit log, its end, and a head that was kept."""

    head: KeptHead | None = None


class Verified(Struct, frozen=True, kw_only=True):
    """What the check of the log found; `ok` is False, not an error, where it is broken."""

    ok: bool
    rows: int
    """Rows that are right, from the first."""
    broken_at: int | None = None
    """Sequence of the first row that is wrong."""
    reason: str = ""
    """What is wrong; empty where nothing is."""
    sequence: int
    """The last right row."""
    hash: str
    head_checked: bool = False
    pass_back: Any = None


class ListParams(Params, frozen=True, kw_only=True):
    """A page of the audit log in order of sequence."""

    after: Annotated[int, Meta(ge=0)] = 0
    """Rows after this sequence."""
    limit: Annotated[int, Meta(ge=1, le=MOST_ENTRIES)] = 100
    last: bool = False
    """The last `limit` rows instead, still in order."""
    action: str | None = None
    """Only rows of this action, such as `gallery.enroll`."""
    user: str | None = None
    """Only rows of this user."""


class Entry(Struct, frozen=True, kw_only=True):
    """One row: who changed what; ids are opaque."""

    sequence: int
    at: str
    action: str
    user: str
    facts: dict[str, Any]
    hash: str


class Entries(Struct, frozen=True, kw_only=True):
    """A page of the log, and how many rows it has in all."""

    entries: list[Entry]
    total: int
    pass_back: Any = None


class ReceiptParams(Params, frozen=True, kw_only=True):
    """Check a receipt of forgetting, as it was handed out."""

    receipt: dict[str, Any]
    public_key: str | None = None
    """Base64; without it, the key of this store."""


class ReceiptVerdict(Struct, frozen=True, kw_only=True):
    """Whether a receipt is what was signed; False is an answer, not an error."""

    ok: bool
    reason: str = ""
    """What is wrong; empty where nothing is."""
    recorded: bool | None = None
    """Whether the audit log holds the row that the receipt names; null where another store signed it."""
    pass_back: Any = None
