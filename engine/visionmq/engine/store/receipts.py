"""Receipts and heads that can be checked without the store: Ed25519 over canonical JSON (RFC 8032)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct, structs

from visionmq.engine.store.audit import canonical
from visionmq.engine.store.keyfile import Keys
from visionmq.engine.store.messages import Receipt

_UNSIGNED = frozenset({"signature", "repeated", "pass_back"})


def signed_content(receipt: Struct) -> bytes:
    """Return what the signature is over: all fields but the signature, whether it was repeated, and `pass_back`."""
    return unsigned(structs.asdict(receipt))


def unsigned(receipt: Mapping[str, Any]) -> bytes:
    """Return the same of a receipt as it was read."""
    return canonical({name: value for name, value in receipt.items() if name not in _UNSIGNED})


def sign(keys: Keys, content: bytes) -> str:
    """Return a signature, base64."""
    return base64.b64encode(keys.signer.sign(content)).decode()


def is_signed(content: bytes, signature: str, public_key: str) -> bool:
    """Whether a signature is that of a public key over a content."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def verify_receipt(receipt: Receipt, public_key: str | None = None) -> bool:
    """Whether a receipt is as it was signed, and by this key; without one, by the key that it names itself."""
    if public_key is not None and public_key != receipt.public_key:
        return False
    return is_signed(signed_content(receipt), receipt.signature, receipt.public_key)
