"""Parameters and results of the `access.*` operations: whether this person may take this car now.

`edge_proof` is for devices too: they need nothing else of this package.
"""

from visionmq.schemas.access.edge import edge_proof

__all__ = ["edge_proof"]
