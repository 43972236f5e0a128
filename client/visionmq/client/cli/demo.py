"""`visionmq demo`: the whole service on this machine, once, on a specimen passport."""

from pathlib import Path
from typing import Annotated

import typer

from visionmq.client.cli.failures import Failure
from visionmq.client.cli.options import Settings, connect_or_embed
from visionmq.client.cli.programs import check_installed


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the annotated picture.")] = Path(),
) -> None:
    """Read the specimen passport that comes with visionmq, and write an annotated picture."""
    from importlib.resources import as_file, files

    check_installed("worker")
    with as_file(files("visionmq.client") / "data" / "specimen.jpg") as specimen:
        if not specimen.exists():
            raise Failure("the specimen picture is not installed", "Install visionmq again.")
        _show(specimen, output)


def _show(specimen: Path, output: Path) -> None:
    from time import perf_counter

    from visionmq.client.cli.document_lines import make_line
    from visionmq.client.cli.document_show import print_document

    start = perf_counter()
    with connect_or_embed(Settings(), children=1, engines=("document",)) as client:
        ready = perf_counter()
        reply = client.call("document.recognize", {"want": ["overlay"]}, [specimen])
        done = perf_counter()
    line = make_line(Path("specimen.jpg"), reply, output / "specimen")
    overlay = line.pop("images", {}).get("overlay")
    print_document(line)
    if not line["ok"]:
        raise typer.Exit(1)
    print(
        f"a broker and a worker of our own were ready in {ready - start:.1f} s; read in {(done - ready) * 1000:.0f} ms"
    )
    if overlay:
        source = Path(overlay)
        target = source.replace(output / f"specimen-read{source.suffix}")
        print(f"wrote {target}")
    print("next:  visionmq document YOUR-PICTURE.jpg   or   visionmq up")
