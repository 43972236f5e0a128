"""Plumbing that broker, worker and client share: sockets, key files and logs; knows no meaning."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("visionmq")
except PackageNotFoundError:  # a source tree on the path, not installed
    VERSION = "0+source"

AGENT = f"visionmq/{VERSION}"
"""How this release names itself in `hello`, `ready` and `welcome`."""
