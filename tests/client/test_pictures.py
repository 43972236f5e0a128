"""Every form in which callers have pictures, and what is refused before it is sent."""

import io
from pathlib import Path

import pytest

from visionmq.client import errors
from visionmq.client.channel import make_body
from visionmq.client.pictures import Frame, load, load_all
from visionmq.schemas.common import PixelOrder, RawImage
from visionmq.schemas.document.documents import RecognizeParams
from visionmq.schemas.limits import MAX_IMAGE_BYTES, MAX_IMAGES


def test_encoded_files_go_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"jpeg")
    for form in (path, str(path), b"jpeg", bytearray(b"jpeg"), memoryview(b"jpeg"), io.BytesIO(b"jpeg")):
        assert load(form) == Frame(b"jpeg")


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda folder: folder / "missing.jpg", "no file"),
        (lambda folder: folder, "folder"),
        (lambda folder: _touch(folder / "empty.jpg"), "empty"),
        (lambda folder: b"", "empty"),
        (lambda folder: io.StringIO("text"), "text"),
        (lambda folder: 42, "int is no picture"),
        (lambda folder: "a\0b", "cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(tmp_path: Path, make: object, word: str) -> None:
    with pytest.raises(errors.BadImage, match=word):
        load(make(tmp_path))  # type: ignore[operator]


def _touch(path: Path) -> Path:
    path.touch()
    return path


def test_too_much_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    for big in (path, bytes(MAX_IMAGE_BYTES + 1), io.BytesIO(bytes(MAX_IMAGE_BYTES + 9))):
        with pytest.raises(errors.TooLarge, match="smaller"):
            load(big)
    with pytest.raises(errors.TooLarge, match="several requests"):
        load_all([b"x"] * (MAX_IMAGES + 1))
    with pytest.raises(errors.TooLarge, match="several requests"):
        load_all([bytes(MAX_IMAGE_BYTES)] * 6)


def test_arrays_go_as_raw_pixels_whatever_their_strides() -> None:
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    colour = numpy.arange(24, dtype="uint8").reshape(2, 4, 3)
    assert load(colour) == Frame(colour.tobytes(), RawImage(height=2, width=4))
    swapped = load(colour[:, ::-1, ::-1], order="rgb")
    assert swapped.data == numpy.ascontiguousarray(colour[:, ::-1, ::-1]).tobytes()
    assert swapped.raw is not None
    assert swapped.raw.order is PixelOrder.RGB
    gray = load(colour[:, :, 0])
    assert gray.raw == RawImage(height=2, width=4, channels=1, order=PixelOrder.GRAY)
    four = load(numpy.zeros((2, 4, 4), "uint8"))
    assert four.raw == RawImage(height=2, width=4, channels=4)


def test_arrays_of_other_types_and_shapes_are_refused() -> None:
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    for bad in (numpy.zeros((2, 2), "float32"), numpy.zeros((2, 2, 2), "uint8"), numpy.zeros((0, 2), "uint8")):
        with pytest.raises(errors.BadImage, match="array of shape"):
            load(bad)


def test_pillow_images_go_upright_as_raw_pixels() -> None:
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    image = pillow.new("RGB", (4, 2), (1, 2, 3))
    assert load(image) == Frame(bytes([1, 2, 3] * 8), RawImage(height=2, width=4, order=PixelOrder.RGB))
    assert load(image.convert("L")).raw == RawImage(height=2, width=4, channels=1, order=PixelOrder.GRAY)
    assert load(image.convert("CMYK")).raw == RawImage(height=2, width=4, order=PixelOrder.RGB)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pillow_images_lose_their_exif_turn_as_pillow_itself_does_it(orientation: int) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    ops = pytest.importorskip("PIL.ImageOps", reason="Pillow is not installed")
    image = pillow.frombytes("RGB", (3, 2), bytes(range(18)))
    image.getexif()[0x0112] = orientation
    upright = ops.exif_transpose(image)
    frame = load(image)
    assert frame.raw is not None
    assert (frame.raw.width, frame.raw.height) == upright.size
    assert frame.data == upright.tobytes()


def test_raw_pixels_are_described_in_the_parameters() -> None:
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    frames = load_all([b"jpeg", numpy.zeros((20, 30), "uint8")])
    body = make_body(RecognizeParams(mask=["mrz.*"]), frames)
    assert b'"raw":[null,{"height":20,"width":30,"channels":1,"order":"gray","dtype":"uint8"}]' in body
    assert b'"mask":["mrz.*"]' in body
    assert make_body(None, frames[:1]) == b"{}"
