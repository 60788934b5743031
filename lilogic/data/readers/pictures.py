"""One picture, however it is stored, as 8-bit RGB pixels: the way in for every picture.

What a file is decides, not what it is called. Pixels stand as a viewer shows them: turned as EXIF
says, the first frame of several, transparent parts laid on a ground.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lilogic.data.readers.arrays import first_line
from lilogic.errors import DataError, LilogicWarning
from lilogic.extras import needs
from lilogic.files import read_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

# Formats that begin with bytes of their own, so that nothing else is taken for one of them, and
# that no other program has to decode.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO", "AVIF", "JPEG2000", "QOI")

SUFFIXES = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff",
    ".pbm", ".pgm", ".ppm", ".pnm", ".ico", ".avif", ".jp2", ".qoi",
)  # fmt: skip
"""What pictures are called: a file with one of these that is no picture is damaged."""


class Ground(StrEnum):
    """What the transparent parts of a picture are laid on."""

    WHITE = "white"
    BLACK = "black"


@dataclass(frozen=True)
class Origin:
    """Where a picture comes from, and what was assumed of it.

    Attributes:
        path: its file.
        ground: what its transparent parts were laid on without having been told; None where it
            has none, or where it was told.
        frames: how many the file has, of which the first was taken.
    """

    path: Path
    ground: Ground | None
    frames: int


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: uint8 [height, width, 3], RGB.
        origin: where they come from.
    """

    pixels: npt.NDArray[np.uint8]
    origin: Origin


class UnknownFormatError(DataError):
    """A file that does not begin as any of ``FORMATS`` does."""


def read(path: Path, ground: Ground | None = None) -> Picture:
    """The picture in a file.

    Args:
        path: the file.
        ground: what transparent parts are laid on. Without it, what shows decides: white, as on
            paper, or black where everything that shows is light.

    Raises:
        UnknownFormatError: not a picture of a known format.
        DataError: missing, damaged, transparent all over, too large, or of values whose white is
            not known.
        MissingExtraError: Pillow is not installed.
    """
    with needs("train", "pillow"):
        from PIL import Image, ImageOps, UnidentifiedImageError
    data = read_bytes(path)
    if not data:
        raise UnknownFormatError(f"{path}: is empty")
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=formats) as opened:
                name, frames = opened.format, getattr(opened, "n_frames", 1)
                _scale_transparent_colour(opened)
                rgba = _rgba(path, name, ImageOps.exif_transpose(opened))
        except UnidentifiedImageError as error:
            raise UnknownFormatError(
                f"{path}: not an image in a supported format ({', '.join(formats)})"
            ) from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise DataError(
                f"{path}: has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels; reduce its size"
            ) from error
        except DataError:
            raise
        except Exception as error:  # Decoders raise whatever damaged bytes lead them to.
            raise DataError(f"{path}: truncated or damaged image ({first_line(error)})") from error
    pixels, assumed = _laid_on(path, rgba, ground)
    # Phones hide previews and depth maps as further frames of a JPEG (MPO).
    return Picture(pixels, Origin(path, assumed, 1 if name == "MPO" else frames))


def warn_of(origins: Sequence[Origin], option: str | None = None) -> None:
    """Warn, once for all, of what was assumed of pictures.

    Args:
        origins: where they come from.
        option: what decides on the ground, if anything does.
    """
    for ground in Ground:
        found = [origin.path for origin in origins if origin.ground is ground]
        if found:
            why = "" if ground is Ground.WHITE else ", as all that shows is light"
            otherwise = "" if option else "; save it without them to decide otherwise"
            message = f"{some(found)}: transparent parts are taken as {ground}{why}{otherwise}"
            warnings.warn(LilogicWarning(message, option=option), stacklevel=3)
    found = [origin.path for origin in origins if origin.frames > 1]
    if found:
        message = f"{some(found)}: the first of several frames is taken"
        warnings.warn(LilogicWarning(message), stacklevel=3)


def some(paths: Sequence[Path]) -> str:
    """The first of the paths, and how many more there are."""
    return f"{paths[0]}" if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1:,} more"


def _scale_transparent_colour(image: Image) -> None:
    """Bring a PNG's transparent colour to 8 bits: Pillow leaves it as deep as the file is."""
    key = image.info.get("transparency")
    if image.format != "PNG" or not image.tile:  # type: ignore[attr-defined]
        return
    depth = image.tile[0].args  # type: ignore[attr-defined]
    if depth in ("L;2", "L;4") and isinstance(key, int):
        image.info["transparency"] = key * {"L;2": 85, "L;4": 17}[depth]
    elif depth == "RGB;16B" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _rgba(path: Path, name: str | None, image: Image) -> npt.NDArray[np.uint8]:
    """uint8 [height, width, 4] of an image of any mode."""
    if image.mode[0] in "IF":
        return _deep(path, name, image)
    if image.mode == "LAB":
        raise DataError(f"{path}: is in LAB colours; save it in RGB")
    if image.mode in ("La", "RGBa"):  # premultiplied, which converts to nothing else
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    return np.asarray(image.convert("RGBA"))


def _deep(path: Path, name: str | None, image: Image) -> npt.NDArray[np.uint8]:
    """As ``_rgba``, of grey pixels of more than 8 bits, where the format says what is white."""
    if image.mode[0] == "F" or name not in ("PNG", "PPM"):
        raise DataError(
            f"{path}: has more than 8 bits per pixel, and {name} does not say which value is "
            "white; save it with 8 bits"
        )
    values = np.asarray(image).astype(np.int64)
    alpha = np.where(values == image.info.get("transparency"), 0, 255)
    grey = (values * 255 + 32767) // 65535
    return np.stack([grey, grey, grey, alpha], axis=-1).astype(np.uint8)


_LIGHT = 128
_NEARLY_ALL = 0.99


def _laid_on(
    path: Path, rgba: npt.NDArray[np.uint8], ground: Ground | None
) -> tuple[npt.NDArray[np.uint8], Ground | None]:
    """RGB pixels on the ground, and the ground if it had to be assumed."""
    alpha = rgba[..., 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(rgba[..., :3]), None
    if alpha.max() == 0:
        raise DataError(f"{path}: is fully transparent; save it without transparency")
    chosen = ground or _contrasting(rgba)
    behind = np.uint16(255 if chosen is Ground.WHITE else 0)
    share = alpha.astype(np.uint16)  # holds 255 × 255, and half of 255 to round
    mixed = (rgba[..., :3] * share + behind * (255 - share) + 127) // 255
    return mixed.astype(np.uint8), None if ground else chosen


def _contrasting(rgba: npt.NDArray[np.uint8]) -> Ground:
    """White, unless what shows would vanish on it because nearly all of it is light."""
    luma = rgba[..., :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    alpha = rgba[..., 3]
    light = alpha[luma >= _LIGHT].sum(dtype=float) / alpha.sum(dtype=float)
    return Ground.BLACK if light >= _NEARLY_ALL else Ground.WHITE
