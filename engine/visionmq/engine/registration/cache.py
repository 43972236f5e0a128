"""Landmarks remembered by what a picture holds, so that one model against a thousand users is looked at once."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from visionmq.engine.registration.features import Features
from visionmq.engine.registration.outcome import Array, Failure

MOST_BYTES: Final = 128 * 1024 * 1024
"""Of landmarks; a picture's 3,000 SIFT landmarks take 1.6 MB."""
_OVERHEAD: Final = 512
"""Bytes counted for an entry beside its arrays, so that failures are bounded too."""


def content_key(pixels: Array) -> bytes:
    """Return 16 bytes that are the same for the same pixels, shape and type, and for no others."""
    head = f"{pixels.shape}{pixels.dtype.str}".encode()
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, key=head[:64], digest_size=16).digest()


@dataclass(slots=True)
class FeatureCache:
    """Landmarks by key, the least recently used forgotten first; never more than `most_bytes`."""

    most_bytes: int = MOST_BYTES
    hits: int = 0
    misses: int = 0
    _held: OrderedDict[Hashable, Features | Failure] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def get(self, key: Hashable, make: Callable[[], Features | Failure]) -> Features | Failure:
        """Return what is held under `key`; made by `make` and held where it is new."""
        if key in self._held:
            self.hits += 1
            self._held.move_to_end(key)
            return self._held[key]
        self.misses += 1
        made = make()
        self._held[key] = made
        self._bytes += _weight(made)
        while self._bytes > self.most_bytes and self._held:
            self._bytes -= _weight(self._held.popitem(last=False)[1])
        return made

    def __len__(self) -> int:
        return len(self._held)


def _weight(entry: Features | Failure) -> int:
    if isinstance(entry, Failure):
        return _OVERHEAD
    return _OVERHEAD + sum(int(part.nbytes) for part in (entry.points, entry.diameters, entry.descriptors))
