"""What training asks: views of one brand close together and close to its proxy, far from other brands and from nothing.

CosFace over proxies: Wang et al., CVPR 2018. Supervised contrast in the batch: Khosla et al., NeurIPS 2020.
"""

from typing import Any, Final

import torch  # type: ignore[import-not-found,unused-ignore]
from torch import nn  # type: ignore[import-not-found,unused-ignore]
from torch.nn import functional as f  # type: ignore[import-not-found,unused-ignore]

_SCALE: Final = 24.0
_MARGIN: Final = 0.15
_TEMPERATURE: Final = 0.1
_NOTHING: Final = 0.25
"""Similarity of a view of nothing to any proxy that is still fine."""


class Proxies(nn.Module):  # type: ignore[misc,unused-ignore]
    """One direction a brand; `twins` (brands, brands) bool tells brands with equal drawings, which do not count as wrong."""

    def __init__(self, start: Any, twins: Any) -> None:
        super().__init__()
        self.directions = nn.Parameter(start.clone())
        self.register_buffer("twins", twins)

    def forward(self, found: Any, brands: Any, nothing: Any) -> Any:
        """Return the loss of embeddings (n, d) of brands (n,), and of views of nothing (m, d)."""
        directions = f.normalize(self.directions, dim=1)
        cosines = found @ directions.T
        target = f.one_hot(brands, len(directions)).bool()
        logits = _SCALE * torch.where(target, cosines - _MARGIN, cosines)
        logits = logits.masked_fill(self.twins[brands] & ~target, -1e4)
        near = (nothing @ directions.T).topk(10, dim=1).values
        return f.cross_entropy(logits, brands) + f.relu(near - _NOTHING).mean() * 4


def contrast(found: Any, brands: Any, nothing: Any, twins: Any) -> Any:
    """Return the supervised contrast of embeddings (n, d), with views of nothing (m, d) among the others."""
    count = len(found)
    logits = found @ torch.cat([found, nothing]).T / _TEMPERATURE
    own = torch.eye(count, len(logits[0]), dtype=torch.bool)
    same = f.pad(brands[:, None] == brands[None], (0, len(nothing))) & ~own
    unfair = f.pad(twins[brands][:, brands], (0, len(nothing))) & ~same
    logits = logits.masked_fill(own | unfair, -1e4)
    likely = logits - logits.logsumexp(dim=1, keepdim=True)
    return -(likely * same).sum(1).div(same.sum(1)).mean()
