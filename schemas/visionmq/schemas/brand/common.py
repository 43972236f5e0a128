"""What the parts of `brand.*` share: names and collections.

Similarities are cosines of embeddings, -1 to 1.
"""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
"""Of a brand or a collection; any letters."""
Collection: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]

DEFAULT_COLLECTION: Final = "default"
