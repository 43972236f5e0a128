import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from visionmq.engine.api import EngineError
from visionmq.engine.gate import PictureFormat, inspect
from visionmq.schemas.errors import ErrorCode

HOSTILE = Path(__file__).parents[2].parent / "shared" / "data" / "hostile"
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP"]


def encoded(name: str, size: tuple[int, int] = (64, 48), **options) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, name, **options)
    return buffer.getvalue()


def refusal(frame: bytes) -> str:
    with pytest.raises(EngineError) as caught:
        inspect(frame)
    assert caught.value.code is ErrorCode.BAD_IMAGE
    assert caught.value.stage == "gate"
    return str(caught.value)


def code_of(frame: bytes) -> ErrorCode | None:
    try:
        inspect(frame)
    except EngineError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_picture_passes_with_its_size(name):
    header = inspect(encoded(name))
    assert (header.format, header.width, header.height) == (PictureFormat(name.lower()), 64, 48)


@pytest.mark.parametrize("lossless", [True, False])
def test_both_kinds_of_webp_pass(lossless):
    assert inspect(encoded("WEBP", lossless=lossless)).width == 64


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.99])
def test_a_picture_that_is_cut_off_is_refused(name, share):
    whole = encoded(name)
    refusal(whole[: int(len(whole) * share)])


def test_bytes_after_the_end_of_a_jpeg_do_no_harm():
    assert inspect(encoded("JPEG") + b"trailer" * 5).width == 64


def test_the_end_marker_of_a_thumbnail_is_not_the_picture_s():
    thumbnail = encoded("JPEG", (32, 32))
    segment = b"\xff\xe2" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    whole = encoded("JPEG")
    assert "cut off" in refusal((whole[:2] + segment + whole[2:])[:-2])


def test_a_jpeg_with_too_many_scans_is_refused():
    whole = encoded("JPEG", progressive=True)
    scan = whole[whole.index(b"\xff\xda") : whole.index(b"\xff\xda") + 14] + b"\x00"
    assert "scans" in refusal(whole[:-2] + scan * 70 + b"\xff\xd9")


def test_an_animated_png_is_refused_by_name():
    frames = [Image.new("L", (32, 32), shade) for shade in (0, 255)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    assert "APNG" in refusal(buffer.getvalue())


def test_an_animated_webp_is_refused():
    frames = [Image.new("RGB", (32, 32), shade) for shade in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    assert "Animated" in refusal(buffer.getvalue())


def test_a_tiff_of_several_pages_is_refused():
    buffer = io.BytesIO()
    Image.new("L", (32, 32)).save(buffer, "TIFF", save_all=True, append_images=[Image.new("L", (32, 32))])
    assert "pages" in refusal(buffer.getvalue())


def test_a_png_with_a_damaged_checksum_is_refused():
    whole = bytearray(encoded("PNG"))
    whole[29] ^= 1
    assert "checksum" in refusal(bytes(whole))


@pytest.mark.parametrize(
    ("frame", "word"),
    [
        (b"GIF89a" + bytes(40), "GIF"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x00\x00\x20ftypavif" + bytes(20), "AVIF"),
        (b"\x00\x00\x00\x20ftypheic" + bytes(20), "HEIC"),
        (b"hello, world", "known format"),
        (b"", "empty"),
    ],
)
def test_a_stranger_is_refused_by_name(frame, word):
    assert word in refusal(frame)


@pytest.mark.parametrize("size", [(15, 100), (12_001, 300), (1_600, 20), (8_000, 7_000)])
def test_a_size_outside_the_limits_is_refused_from_the_header_alone(size):
    whole = bytearray(encoded("BMP"))
    whole[18:26] = struct.pack("<ii", *size)
    refusal(bytes(whole))


def test_orientation_is_read_from_exif():
    exif = Image.Exif()
    exif[274] = 6
    for name in ("JPEG", "PNG", "WEBP", "TIFF"):
        assert inspect(encoded(name, exif=exif)).orientation == 6


def test_pictures_that_end_opencv_are_refused():
    files = sorted(HOSTILE.glob("*crash*"))
    if not files:
        pytest.skip(f"no hostile pictures in {HOSTILE}")
    for file in files:
        assert "APNG" in refusal(file.read_bytes())


MAGICS = [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBPVP8 ", b"II*\0\x08\0\0\0", b"BM", b""]


@given(st.sampled_from(MAGICS), st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_arbitrary_bytes_raise_nothing_but_the_typed_error(magic, rest):
    assert code_of(magic + rest) in (None, ErrorCode.BAD_IMAGE)


@given(st.sampled_from(FORMATS), st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_pictures_raise_nothing_but_the_typed_error(name, data):
    whole = bytearray(encoded(name))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole), 200) - 1))] = data.draw(st.integers(0, 255))
    assert code_of(bytes(whole)) in (None, ErrorCode.BAD_IMAGE)
