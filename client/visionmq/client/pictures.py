"""Pictures in the forms callers have them, as image frames.

A path, bytes, a file object, a NumPy array or a Pillow image; the last two are known by their
attributes, so neither library is imported here.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from visionmq.client.errors import BadImage, TooLarge
from visionmq.schemas.codec import Buffer
from visionmq.schemas.common import PixelOrder, RawImage
from visionmq.schemas.limits import MAX_FRAME_BYTES, MAX_IMAGE_BYTES, MAX_IMAGES, MAX_MESSAGE_BYTES

Picture: TypeAlias = Any
"""`str | os.PathLike | bytes | bytearray | memoryview | binary file | NumPy array | Pillow image`."""

_MIB: Final = 1024 * 1024
_ORIENTATION: Final = 0x0112
_TURNS: Final = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""EXIF orientation to Pillow's `Transpose` that undoes it (EXIF 2.32, 4.6.4 A)."""
_CHANNELS: Final = {"L": (1, PixelOrder.GRAY), "RGB": (3, PixelOrder.RGB), "RGBA": (4, PixelOrder.RGB)}


class Frame(NamedTuple):
    """One image frame; `raw` describes it if it is pixels and not an encoded file."""

    data: Buffer
    raw: RawImage | None = None


class _Array(Protocol):
    __array_interface__: dict[str, Any]

    def tobytes(self) -> bytes: ...


def load(picture: Picture, *, order: str = "bgr") -> Frame:
    """Return a picture as a frame; `order` is that of a colour array's channels.

    Encoded files go as they are. Raises BadImage if it cannot be read, is empty, or is of no
    known form; TooLarge if it is over the limits of the wire.
    """
    if isinstance(picture, bytes | bytearray | memoryview):
        frame = Frame(bytes(picture))  # no copy for bytes; the others may change after submission
    elif isinstance(picture, str | os.PathLike):
        frame = Frame(_read(Path(picture)))
    elif hasattr(picture, "mode") and hasattr(picture, "getexif"):
        frame = _from_pillow(picture)
    elif hasattr(picture, "__array_interface__"):
        frame = _from_array(picture, PixelOrder(order))
    elif hasattr(picture, "read"):
        frame = Frame(_read_file(picture))
    else:
        raise BadImage(
            f"{type(picture).__name__} is no picture.",
            hint="Give a path, bytes, a binary file, a NumPy array or a Pillow image.",
            stage="client",
        )
    return _checked(frame)


def load_all(pictures: Sequence[Picture], *, order: str = "bgr") -> list[Frame]:
    """Return the frames of one request; raises TooLarge if they are too many or too much."""
    if len(pictures) > MAX_IMAGES:
        raise TooLarge(
            f"{len(pictures)} pictures; a request holds at most {MAX_IMAGES}.",
            hint="Send them in several requests, for instance with `map`.",
            stage="client",
        )
    frames = [load(picture, order=order) for picture in pictures]
    total = sum(len(frame.data) for frame in frames)
    if total > MAX_MESSAGE_BYTES - 2 * _MIB:
        raise TooLarge(
            f"The pictures have {total / _MIB:.0f} MiB together; a request holds {MAX_MESSAGE_BYTES // _MIB}.",
            hint="Send them in several requests, for instance with `map`.",
            stage="client",
        )
    return frames


def _checked(frame: Frame) -> Frame:
    size = len(frame.data)
    if not size:
        raise BadImage("The picture is empty (0 bytes).", hint="Send a whole picture.", stage="client")
    limit = MAX_FRAME_BYTES if frame.raw else MAX_IMAGE_BYTES
    if size > limit:
        what = "pixels" if frame.raw else "an encoded picture"
        advice = "Send it encoded, as JPEG or PNG." if frame.raw else "Send a smaller or more compressed one."
        raise TooLarge(
            f"{size / _MIB:.1f} MiB of {what}; {limit // _MIB} MiB are allowed.", hint=advice, stage="client"
        )
    return frame


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_IMAGE_BYTES:  # before it is read: it may be anything
            raise TooLarge(
                f"{path} has {size / _MIB:.1f} MiB; {MAX_IMAGE_BYTES // _MIB} MiB are allowed.",
                hint="Send a smaller or more compressed picture.",
                stage="client",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadImage(f"There is no file {path}.", hint="Check the path.", stage="client") from None
    except IsADirectoryError:
        raise BadImage(f"{path} is a folder.", hint="Name the pictures in it.", stage="client") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadImage(f"{path} cannot be read: {why}.", hint="Check the path.", stage="client") from None
    if not content:
        raise BadImage(f"{path} is empty (0 bytes).", hint="Send a whole picture.", stage="client")
    return content


def _read_file(file: Any) -> bytes:
    content = file.read(MAX_IMAGE_BYTES + 1)
    if not isinstance(content, bytes):
        raise BadImage("The file was opened as text.", hint='Open it with mode "rb".', stage="client")
    return content


def _from_array(array: _Array, order: PixelOrder) -> Frame:
    about = array.__array_interface__
    shape: tuple[int, ...] = tuple(about["shape"])
    channels = shape[2] if len(shape) == 3 else 1
    if about["typestr"] != "|u1" or len(shape) not in {2, 3} or channels not in {1, 3, 4} or 0 in shape:
        raise BadImage(
            f"An array of shape {shape} and type {about['typestr']} is no picture.",
            hint="Give uint8 of shape (height, width), (height, width, 3) or (height, width, 4).",
            stage="client",
        )
    raw = RawImage(
        height=shape[0],
        width=shape[1],
        channels=channels,
        order=PixelOrder.GRAY if channels == 1 else order,
    )
    return Frame(array.tobytes(), raw)  # in row-major order, whatever the strides


def _from_pillow(image: Any) -> Frame:
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    if turn is not None:  # raw pixels carry no EXIF
        image = image.transpose(turn)
    if image.mode not in _CHANNELS:
        image = image.convert("RGB")
    width, height = image.size
    channels, order = _CHANNELS[image.mode]
    if width * height * channels > MAX_FRAME_BYTES:
        stream = io.BytesIO()
        image.save(stream, "PNG")
        return Frame(stream.getvalue())
    return Frame(image.tobytes(), RawImage(height=height, width=width, channels=channels, order=order))
