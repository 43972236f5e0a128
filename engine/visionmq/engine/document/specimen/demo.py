"""Writes the specimen that comes with the client.

python -m visionmq.engine.document.specimen.demo FOLDER
"""

import json
import sys
from pathlib import Path

from visionmq.engine.document.specimen.draw import TRUTH, draw_demo
from visionmq.engine.picture import encode_jpeg


def main(folder: Path) -> None:
    """Write specimen.jpg and specimen.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = draw_demo()
    (folder / "specimen.jpg").write_bytes(encode_jpeg(made.pixels, 80))
    (folder / "specimen.json").write_text(json.dumps({**TRUTH, "mrz": list(made.lines)}, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
