"""Drawings of brands in npm packages that are licensed for any use; pinned, read as SVG text.

Logos are trademarks of their owners; the packages' licences cover the drawings. None of the drawings is shipped with us, only
weights. `npm install --ignore-scripts` of `NPM` makes the folder that `read_all` reads.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NPM: Final = {
    "simple-icons": ("16.37.0", "CC0-1.0"),
    "@iconify-json/logos": ("1.2.19", "CC0-1.0"),
    "@iconify-json/cib": ("1.2.3", "CC0-1.0"),
    "@iconify-json/cryptocurrency": ("1.2.3", "CC0-1.0"),
    "@iconify-json/cryptocurrency-color": ("1.2.4", "CC0-1.0"),
    "super-tiny-icons": ("0.6.0", "MIT"),
    "@iconify-json/devicon": ("1.2.68", "MIT"),
    "@iconify-json/skill-icons": ("1.2.4", "MIT"),
    "@iconify-json/token": ("1.2.40", "MIT"),
    "@iconify-json/token-branded": ("1.2.45", "MIT"),
    "@iconify-json/vscode-icons": ("1.2.97", "MIT"),
    "@iconify-json/material-icon-theme": ("1.2.70", "MIT"),
    "@iconify-json/bxl": ("1.2.4", "MIT"),
    "@lobehub/icons-static-svg": ("1.95.1", "MIT"),
    "@iconify-json/file-icons": ("1.2.2", "ISC"),
    "@iconify-json/unjs": ("1.2.4", "Apache-2.0"),
}
"""Package to pinned version and licence."""


_BOX: Final = (("left", 0), ("top", 0), ("width", 16), ("height", 16))
"""The sides of an Iconify drawing's box, and what holds where neither it nor its package says."""
_NAMESPACES: Final = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@dataclass(frozen=True, slots=True)
class Source:
    """One drawing: the package and the slug it comes from, the names of its brand, the SVG."""

    package: str
    slug: str
    names: tuple[str, ...]
    svg: str


def _simple_icons(folder: Path) -> Iterator[Source]:
    entries: list[dict[str, Any]] = json.loads((folder / "data" / "simple-icons.json").read_text("utf-8"))
    for entry in entries:
        aliases = entry.get("aliases", {})
        others = [*aliases.get("aka", []), *aliases.get("old", []), *aliases.get("loc", {}).values()]
        svg = (folder / "icons" / f"{entry['slug']}.svg").read_text("utf-8")
        svg = svg.replace("<svg ", f'<svg fill="#{entry["hex"]}" ', 1)
        yield Source("simple-icons", entry["slug"], (entry["title"], entry["slug"], *others), svg)


def _iconify(folder: Path, slug_of: Callable[[str], str | None]) -> Iterator[Source]:
    package = f"@iconify-json/{folder.name}"
    pack: dict[str, Any] = json.loads((folder / "icons.json").read_text("utf-8"))
    for slug, icon in pack["icons"].items():
        name = None if icon.get("hidden") else slug_of(slug)
        if name is None:
            continue
        box = " ".join(str(icon.get(side, pack.get(side, default))) for side, default in _BOX)
        yield Source(package, slug, (name,), f'<svg {_NAMESPACES} viewBox="{box}">{icon["body"]}</svg>')


def _files(folder: Path, package: str) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.svg")):
        yield Source(package, path.stem, (path.stem,), path.read_text("utf-8"))


def _file_type(slug: str) -> str | None:
    found = re.fullmatch(r"file-type-(?:light-)?(.+?)\d?", slug)
    return found.group(1) if found else None


def _no_folder(slug: str) -> str | None:
    return None if slug.startswith("folder") else slug


def _same(slug: str) -> str | None:
    return slug


_SLUGS: Final[dict[str, Callable[[str], str | None]]] = {"vscode-icons": _file_type, "material-icon-theme": _no_folder}


def read_all(modules: Path) -> list[Source]:
    """Return all drawings below a `node_modules` folder, in a fixed order."""
    sources = list(_simple_icons(modules / "simple-icons"))
    for package in NPM:
        if package.startswith("@iconify-json/"):
            folder = modules / package
            sources += _iconify(folder, _SLUGS.get(folder.name, _same))
    sources += _files(modules / "super-tiny-icons" / "images" / "svg", "super-tiny-icons")
    sources += _files(modules / "@lobehub" / "icons-static-svg" / "icons", "@lobehub/icons-static-svg")
    return sources
