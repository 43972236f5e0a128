"""Words for the document types, for people and for the shell's completion."""

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

TITLES: Final = {
    "mrz.mrp": "Passport (TD3)",
    "mrz.td1": "Identity card (TD1)",
    "mrz.td2": "Identity document (TD2)",
    "mrz.mrva": "Visa, full page (MRV-A)",
    "mrz.mrvb": "Visa, small (MRV-B)",
    "mrz.idfra": "Old French identity card",
    "mrz.fra_dl": "French driving licence",
    "mrz.nld_dl": "Dutch driving licence",
    "mrz.eu_dl": "European driving licence",
    "mrz.che_dl": "Swiss driving licence",
    "mrz.chn_eep": "Chinese exit-entry permit",
    "barcode.aamva": "North American driving licence (AAMVA)",
    "barcode.qr": "QR code",
    "barcode.aztec": "Aztec code",
    "barcode.datamatrix": "DataMatrix code",
    "barcode.pdf417": "PDF417 code",
    "template.vmq_library_card": "Sample library card",
}
"""What the types are called; the service may know more than stand here."""

SOURCES: Final = {
    "mrz": "machine-readable zone",
    "barcode": "barcode",
    "template": "template",
    "visual": "visual zone",
}
"""Where a field stands."""
MODES: Final = {
    "default": "knows what issuers print against the standard",
    "strict": "takes the standard by its word",
}
WANTS: Final = {
    "overlay": "the picture with every field's box and state",
    "mrz": "the rectified machine-readable zone",
    "page": "the rectified page",
    "portrait": "the portrait",
    "signature": "the signature",
    "zone.*": "all zones of a template; zone.NAME is one",
}
SHAPES: Final = {
    "new": "as the service answers",
    "old": "as the replaced service answered: error, response, docType, isAccepted",
}


def title(doc_type: str) -> str:
    """Return what a document type is called; the type itself where it has no other name."""
    family, _, name = doc_type.partition(".")
    plain = name.replace("_", " ").capitalize() if family == "template" and name else doc_type
    return TITLES.get(doc_type, plain)


def label(field: str) -> str:
    """Return a field's name as words: `mrz_birth_date` is `birth date`."""
    prefix, _, name = field.partition("_")
    return (name if prefix in SOURCES and name else field).replace("_", " ")


def _starting(words: Iterable[tuple[str, str]], start: str) -> Iterator[tuple[str, str]]:
    return ((word, text) for word, text in words if word.startswith(start))


def complete_mask(incomplete: str) -> list[tuple[str, str]]:
    """Return the masks that begin so, for the shell; templates are those of the bundles hereabouts."""
    families = sorted({name.partition(".")[0] for name in TITLES})
    patterns = [("*", "every document")] + [(f"{family}.*", f"every {family} type") for family in families]
    own = [(f"template.{name}", title(f"template.{name}")) for name in _bundles()]
    return list(_starting([*patterns, *TITLES.items(), *own], incomplete))


def _bundles() -> list[str]:
    """Return the names of the bundles in VISIONMQ_BUNDLES, and in the folder that `document learn` writes to."""
    folders = [folder for folder in os.environ.get("VISIONMQ_BUNDLES", "").split(os.pathsep) if folder]
    places = [place for folder in (*folders, "bundles") for place in (Path(folder), *Path(folder).glob("*"))]
    return sorted({place.name for place in places if (place / "bundle.json").is_file()})


def complete_type(incomplete: str) -> list[tuple[str, str]]:
    """Return the types of specimens that begin so."""
    return [(name, text) for name, text in _starting(TITLES.items(), incomplete) if fnmatchcase(name, "mrz.*")]


def complete_mode(incomplete: str) -> list[tuple[str, str]]:
    """Return the modes that begin so."""
    return list(_starting(MODES.items(), incomplete))


def complete_want(incomplete: str) -> list[tuple[str, str]]:
    """Return the pictures that begin so."""
    return list(_starting(WANTS.items(), incomplete))


def complete_shape(incomplete: str) -> list[tuple[str, str]]:
    """Return the shapes of results that begin so."""
    return list(_starting(SHAPES.items(), incomplete))


def complete_date(incomplete: str) -> list[tuple[str, str]]:
    """Return today."""
    return list(_starting([("today", "the day of this computer")], incomplete))
