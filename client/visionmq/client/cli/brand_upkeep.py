"""`visionmq brand labels`, `collections`, `forget`, `report` and `calibrate`: what a collection holds, and its upkeep."""

import sys
from typing import Annotated, Any, Final

import typer

from visionmq.client.cli.brand_options import ENGINES, Collection
from visionmq.client.cli.failures import Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.places import AsJson, AsLines
from visionmq.client.cli.stores import Store, service
from visionmq.schemas.brand.common import DEFAULT_COLLECTION

CALIBRATING: Final = 600.0
"""Seconds that measuring a large collection may take."""


@talks
def labels(
    context: typer.Context,
    collection: Collection = DEFAULT_COLLECTION,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    store: Store = None,
) -> None:
    """List the brands of a collection."""
    import msgspec

    from visionmq.client.cli import board
    from visionmq.client.cli.show import print_json, print_table

    found: list[Any] = []
    with service(settings_of(context), ENGINES, store=store, tell=not (as_json or as_lines)) as client:
        while page := client.brand_labels(collection, after=found[-1].brand if found else None).labels:
            found.extend(page)
    if as_json:
        print_json(found)
    elif as_lines:
        for one in found:
            print(msgspec.json.encode(one).decode())
    else:
        empty = f"{collection} has no brands; visionmq brand learn FOLDER --collection {collection}"
        rows = [(one.brand, one.references, one.updated_at) for one in found]
        print_table(("brand", "pictures", "changed"), rows, empty=empty)
    old = sum(not one.references for one in found)
    if old:
        words = f"{board.count(old, 'brand')} learnt with another model, and not found by this one: learn again"
        print(words, file=sys.stderr)


@talks
def collections(context: typer.Context, as_json: AsJson = False, store: Store = None) -> None:
    """List the collections of brands, and how many brands and pictures each holds."""
    from visionmq.client.cli.show import print_json, print_table

    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        found = client.brand_collections()
    if as_json:
        print_json(found)
        return
    rows = [(one.collection, one.brands, one.references) for one in found.collections]
    empty = "there are no collections yet; visionmq brand learn FOLDER makes the first"
    print_table(("collection", "brands", "pictures"), rows, empty=empty)


@talks
def forget(
    context: typer.Context,
    brands: Annotated[list[str], typer.Argument(metavar="BRAND...", help="Brands to drop.")],
    collection: Collection = DEFAULT_COLLECTION,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Drop brands with all their pictures."""
    from visionmq.client.cli import board
    from visionmq.client.cli.face_gallery import confirm
    from visionmq.client.cli.show import print_json

    confirm(f"Drop {', '.join(brands)} from {collection!r}, for good?", yes=yes)
    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        done = [client.forget_brand(brand, collection=collection) for brand in brands]
    if as_json:
        print_json(done)
        return
    for one in done:
        print(f"{one.brand} is forgotten: {board.count(one.references, 'picture')}, audit entry {one.audit_sequence}")


@talks
def report(
    context: typer.Context,
    collection: Collection = DEFAULT_COLLECTION,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say which pictures are there twice, under two names, or nearer to another brand than to their own."""
    import msgspec

    from visionmq.client.cli.brand_show import show_report
    from visionmq.client.cli.show import for_people, print_json

    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        found = client.brand_report(collection)
    _check_filled(found, collection)
    if as_json or not for_people():
        print_json(found)
    else:
        show_report(msgspec.to_builtins(found))


@talks
def calibrate(
    context: typer.Context,
    collection: Collection = DEFAULT_COLLECTION,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Measure how near strangers come to a collection; its thresholds follow from then on."""
    from visionmq.client.cli import board
    from visionmq.client.cli.show import print_json, print_table

    with service(settings_of(context), ENGINES, store=store, tell=not as_json) as client:
        found = client.calibrate_brands(collection, timeout=CALIBRATING)
    _check_filled(found, collection)
    if as_json:
        print_json(found)
        return
    print_table(("false ones", "similarity"), [(f"{one.fpr:g}", f"{one.similarity:.3f}") for one in found.points])
    print(f"{collection} has {board.count(found.brands, 'brand')}, {board.count(found.references, 'picture')}")
    if not found.strangers:
        print("too few to measure how near strangers come: the usual thresholds stand", file=sys.stderr)


def _check_filled(found: Any, collection: str) -> None:
    """Raise Failure for a collection without brands: its name may be wrong."""
    if not found.brands:
        raise Failure(f"{collection} has no brands", f"visionmq brand learn FOLDER --collection {collection}")
