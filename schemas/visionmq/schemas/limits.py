"""Limits of the wire and of pictures, one named constant each (docs/protocol.md, section Limits).

Every program enforces them on what it receives, and a client checks them before it sends:
libzmq drops the connection of a peer whose frame is too large without telling it why.
"""

from typing import Final

PROTOCOL_VERSION: Final = 1
"""The only version spoken today; a peer names it in every `hello`, `ready` and `request`."""

MAX_ENVELOPE_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 1024 * 1024
MAX_BODY_DEPTH: Final = 32
"""Nesting of a body; orjson parses 1,024 levels but writes only 254."""

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""Largest frame; set as ZMQ_MAXMSGSIZE on every socket."""

MAX_MESSAGE_BYTES: Final = 128 * 1024 * 1024
MAX_IMAGES: Final = 64
MAX_CHECK_IDS: Final = 256
MAX_ID_LENGTH: Final = 64
MAX_NAME_LENGTH: Final = 64
MAX_LEFT_MS: Final = 3_600_000
"""Longest time a request may ask for: one hour."""

MAX_IMAGE_BYTES: Final = 25 * 1024 * 1024
"""Largest encoded picture (JPEG, PNG, WebP ...)."""

MAX_PIXELS: Final = 50_000_000
"""Width times height; imgproxy's default, 150 MB of BGR pixels."""

MAX_SIDE: Final = 12_000
MIN_SIDE: Final = 16
MAX_ASPECT: Final = 50.0
MAX_JPEG_SCANS: Final = 64
"""Start-of-scan markers: a 385 KB progressive JPEG of 2,000 scans takes six seconds to decode."""

MAX_ATTEMPTS: Final = 3
"""Leases of one request before it ends as `worker_lost` and becomes a dead letter."""
