"""The store's upkeep and its audit log: what both clients put into `store.*`, `audit.*` and `receipt.verify`."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from visionmq.client.calls import Call, awaited, blocking, checked, result_of
from visionmq.schemas import store as s
from visionmq.schemas.access.users import Forgotten
from visionmq.schemas.face.gallery import ForgetReceipt

_MANUAL: Final = "docs/faces.md"
Receipt = ForgetReceipt | Forgotten | Mapping[str, Any]


def store_info(**sending: Any) -> Call[s.Info]:
    """Return what the store is and holds."""
    return result_of(s.Info, "store.info", None, (), sending)


def rekey_store(**sending: Any) -> Call[s.Rekeyed]:
    """Make a new wrapping key, wrap all data keys with it, and destroy the former one."""
    return result_of(s.Rekeyed, "store.rekey", None, (), sending)


def audit_head(**sending: Any) -> Call[s.Head]:
    """Return where the audit log ends, signed; keep it elsewhere, and `audit_verify` shows whether the log was cut."""
    return result_of(s.Head, "audit.head", None, (), sending)


def audit_verify(head: s.Head | s.KeptHead | None = None, **sending: Any) -> Call[s.Verified]:
    """Check the hash of every row of the audit log, and a head that was kept; a broken log is an answer."""
    kept = None if head is None else msgspec.to_builtins(head)
    return result_of(s.Verified, "audit.verify", checked(s.VerifyParams, {"head": kept}, manual=_MANUAL), (), sending)


def audit_entries(
    *,
    after: int | None = None,
    limit: int | None = None,
    last: bool = False,
    action: str | None = None,
    user: str | None = None,
    **sending: Any,
) -> Call[s.Entries]:
    """Return a page of the audit log: who changed what, by opaque ids."""
    given = {"after": after, "limit": limit, "last": last, "action": action, "user": user}
    return result_of(s.Entries, "audit.list", checked(s.ListParams, given, manual=_MANUAL), (), sending)


def verify_receipt(receipt: Receipt, public_key: str | None = None, **sending: Any) -> Call[s.ReceiptVerdict]:
    """Check that a receipt of forgetting is what was signed, by this store's key or the one given."""
    given = {"receipt": msgspec.to_builtins(receipt), "public_key": public_key}
    params = checked(s.ReceiptParams, given, manual=_MANUAL)
    return result_of(s.ReceiptVerdict, "receipt.verify", params, (), sending)


class StoreCalls:
    """The methods of `Client` about the store and its audit log."""

    store_info = blocking(store_info)
    rekey_store = blocking(rekey_store)
    audit_head = blocking(audit_head)
    audit_verify = blocking(audit_verify)
    audit_entries = blocking(audit_entries)
    verify_receipt = blocking(verify_receipt)


class AsyncStoreCalls:
    """The methods of `AsyncClient` about the store and its audit log."""

    store_info = awaited(store_info)
    rekey_store = awaited(rekey_store)
    audit_head = awaited(audit_head)
    audit_verify = awaited(audit_verify)
    audit_entries = awaited(audit_entries)
    verify_receipt = awaited(verify_receipt)
