import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from visionmq.engine.api import EngineError
from visionmq.engine.picture import encode_jpeg, encode_png, read_picture
from visionmq.schemas.common import PixelOrder, RawImage
from visionmq.schemas.errors import ErrorCode


def scene() -> Image.Image:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20, :30] = (200, 30, 30)
    pixels[20:, 30:] = (20, 160, 40)
    return Image.fromarray(pixels)


def saved(image: Image.Image, name: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def rgb(frame: bytes) -> np.ndarray:
    return read_picture(frame).pixels[:, :, ::-1]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(name, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"quality": 95} if name in ("JPEG", "WEBP") else {}
    frame = saved(scene(), name, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(frame))).convert("RGB"), np.int16)
    picture = read_picture(frame)
    assert (picture.height, picture.width) == expected.shape[:2]
    assert np.abs(picture.pixels[:, :, ::-1] - expected).mean() < 3


def test_a_grey_picture_gets_three_equal_channels():
    pixels = rgb(saved(Image.new("L", (32, 32), 77), "PNG"))
    assert pixels.shape == (32, 32, 3)
    assert (pixels == 77).all()


def test_a_palette_picture_keeps_its_colours():
    assert (rgb(saved(scene().quantize(8), "PNG"))[5, 5] == rgb(saved(scene(), "PNG"))[5, 5]).all()


def test_a_cmyk_jpeg_becomes_rgb():
    pixels = rgb(saved(scene().convert("CMYK"), "JPEG", quality=95))
    assert np.abs(pixels[8, 8].astype(int) - (200, 30, 30)).max() < 12


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_alpha_hides_is_white(mode):
    image = scene().convert(mode)
    image.putalpha(0)
    picture = read_picture(saved(image, "PNG"))
    assert (picture.pixels == 255).all()
    assert "alpha composited on white" in picture.notes


def test_a_twelve_bit_scan_in_sixteen_bits_is_not_black():
    ramp = np.linspace(0, 4095, 64 * 32).reshape(32, 64).astype(np.uint16)
    done, frame = cv2.imencode(".png", ramp)
    assert done
    picture = read_picture(frame.tobytes())
    assert picture.pixels.max() == 255
    assert abs(int(picture.pixels[16, 32, 0]) - 132) < 4
    assert "16-bit, 12 bits in use" in picture.notes


def test_a_jpeg_whose_middle_is_gone_is_refused_or_whole():
    whole = saved(scene(), "JPEG")
    with pytest.raises(EngineError) as caught:
        read_picture(whole[: len(whole) // 2])
    assert caught.value.code is ErrorCode.BAD_IMAGE


def test_a_png_whose_pixels_are_no_pixels_fails_at_the_decoder():
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    frame = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"no deflate") + chunk(b"IEND", b"")
    with pytest.raises(EngineError) as caught:
        read_picture(frame)
    assert (caught.value.code, caught.value.stage) == (ErrorCode.BAD_IMAGE, "decode")


@pytest.mark.parametrize(("order", "channels"), [(PixelOrder.BGR, 3), (PixelOrder.RGB, 3), (PixelOrder.GRAY, 1)])
def test_raw_pixels_are_taken_as_described(order, channels):
    pixels = np.random.default_rng(1).integers(0, 255, (20, 30, channels), np.uint8)
    picture = read_picture(pixels.tobytes(), RawImage(20, 30, channels, order))
    expected = pixels[:, :, ::-1] if order is PixelOrder.RGB else np.broadcast_to(pixels, (20, 30, 3))
    assert (picture.pixels == expected).all()


@pytest.mark.parametrize(
    "raw", [RawImage(20, 31), RawImage(20, 30, dtype="float32"), RawImage(2, 900), RawImage(20, 30, 3, PixelOrder.GRAY)]
)
def test_raw_pixels_that_do_not_fit_their_description_are_refused(raw):
    with pytest.raises(EngineError) as caught:
        read_picture(bytes(1800), raw)
    assert caught.value.code is ErrorCode.BAD_IMAGE


@pytest.mark.parametrize("encode", [encode_png, encode_jpeg])
def test_what_we_encode_we_can_read(encode):
    pixels = np.full((32, 48, 3), 120, np.uint8)
    assert np.abs(read_picture(encode(pixels)).pixels.astype(int) - 120).max() < 3


def test_pixels_own_no_read_only_memory_of_the_frame_s_owner():
    picture = read_picture(memoryview(saved(scene(), "PNG")))
    assert picture.pixels.flags.c_contiguous
