"""The broker's settings, read once at start."""

from msgspec import Struct

MEBIBYTE = 1024 * 1024


class Settings(Struct, frozen=True, kw_only=True):
    """Bounds and times of a broker; seconds, counts and bytes."""

    heartbeat: float = 0.5
    worker_liveness: float = 2.0
    client_liveness: float = 4.0
    absence: float = 5.0
    """How long requests wait for an operation whose last worker has gone, or after the broker's start."""
    answer_grace: float = 0.5
    """Past its deadline a running request is left this long to its worker's own answer."""
    ageing: float = 2.0
    """Waiting this long raises a request by one priority."""
    max_waiting: int = 100_000
    max_waiting_bytes: int = 2_048 * MEBIBYTE
    max_waiting_per_client: int = 20_000
    max_waiting_bytes_per_client: int = 1_024 * MEBIBYTE
    stored_seconds: float = 60.0
    stored_replies: int = 100_000
    stored_bytes: int = 64 * MEBIBYTE
    unread_bytes: int = 64 * MEBIBYTE
    """Replies sent to a client since it was last heard; past that they are kept back."""
    dead_letters: int = 1_000
    dead_bytes: int = 256 * MEBIBYTE
    drain_seconds: float = 30.0
