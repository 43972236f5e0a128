"""Options that commands of `visionmq brand` share."""

from typing import Annotated, Any, Final

import typer

COLLECTION_HELP: Final = "Collection of brands."
WANTS: Final = {"overlay": "the picture with its brands outlined and named", "*": "all of them"}
SEARCHES: Final = {
    "auto": "a drawing is looked at as it is, a photograph all over",
    "whole": "the picture is one logo",
    "scene": "several logos may be anywhere",
}
FILMS: Final = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"})
"""What is watched instead of looked at."""
ENGINES: Final = ("brand",)

Collection = Annotated[str, typer.Option("--collection", "-c", metavar="NAME", help=COLLECTION_HELP)]


def _starting(words: dict[str, str], start: str) -> list[tuple[str, str]]:
    return [(word, text) for word, text in words.items() if word.startswith(start.lower())]


def complete_want(incomplete: str) -> list[tuple[str, str]]:
    """Return the pictures that begin so."""
    return _starting(WANTS, incomplete)


def complete_search(incomplete: str) -> list[tuple[str, str]]:
    """Return the kinds of search that begin so."""
    return _starting(SEARCHES, incomplete)


def how(*flags: str, text: str, **more: Any) -> Any:
    """Return an option about how to recognise."""
    return typer.Option(*flags, help=text, rich_help_panel="How to recognise", **more)
