"""What a session counts."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """What the session has seen since its start."""

    sent: int = 0
    resent: int = 0
    retried: int = 0
    late: int = 0
    """Replies to requests that had ended: duplicates, or cancelled ones."""
    timeouts: int = 0
    connects: int = 0
    restarts: int = 0
    """Brokers found to be another instance than before."""
    refused: int = 0
    """`error` messages that named no request."""
