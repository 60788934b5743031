"""Files as samples of a network: pictures, arrays of samples, and tables."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.look import Look, Tone, grounds
from lilogic.data.preprocessing import area_resize, as_integers
from lilogic.data.readers import idx, pictures
from lilogic.data.readers.arrays import first_line
from lilogic.data.readers.pictures import Ground, Origin, Picture, UnknownFormatError
from lilogic.data.scaling import as_reals
from lilogic.data.tables import files as tables
from lilogic.data.tables.schema import Schema
from lilogic.errors import DataError, LilogicWarning
from lilogic.files import read_bytes


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples and where they come from.

    Attributes:
        x: The samples [samples, …].
        files: The file of each sample.
        numbers: The number of each sample in its file, from 0.
    """

    x: npt.NDArray[Any]
    files: tuple[Path, ...]
    numbers: tuple[int, ...]

    @property
    def names(self) -> list[str]:
        """The file of each sample, with the sample's number if the file has several."""
        several = {file for file, number in zip(self.files, self.numbers, strict=True) if number}
        return [
            f"{file}[{number}]" if file in several else str(file)
            for file, number in zip(self.files, self.numbers, strict=True)
        ]


@dataclass(frozen=True)
class Reader:
    """How files become samples.

    Attributes:
        shape: of one sample.
        dtype: of samples.
        look: how the images look that the network knows; None where that is not known.
        invert: whether to swap dark and light in pictures.
        ground: what transparent parts of pictures are laid on; default: what contrasts.
        white: the value of a white pixel; default: that of ``look``, or what it suggests.
        array: which array of an ``.npz`` to take; needed where it has several.
        table: the columns of tables that the network reads; None if it reads none.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    look: Look | None = None
    invert: bool = False
    ground: Ground | None = None
    white: int | None = None
    array: str | None = None
    table: Schema | None = None

    def read(self, files: Sequence[Path]) -> Samples:
        """All samples of the files, in order.

        Tables are called so (``tables.files``). What another file is, its first bytes say: a
        ``.npy``, an ``.npz``, an IDX file, else a picture.

        Raises:
            DataError: a file is missing, damaged or does not fit; names the file.
            MissingExtraError: a picture, but Pillow is not installed.
        """
        seen: list[Origin] = []
        parts: list[npt.NDArray[Any]] = []
        for file in files:
            if tables.is_table(file):
                parts.append(self._rows(file))
                continue
            array = _array(file, self.array)
            if array is not None:
                parts.append(self._fitting(file, array))
            else:
                picture = self._picture(file)
                seen.append(picture.origin)
                parts.append(self._sample(picture)[None])
        pictures.warn_of(seen, option="ground")
        x = np.concatenate(parts)
        sources = tuple(file for file, part in zip(files, parts, strict=True) for _ in part)
        if seen:
            self._warn_of_look(x, sources, {origin.path for origin in seen})
        return Samples(x, sources, tuple(number for part in parts for number in range(len(part))))

    def _rows(self, file: Path) -> npt.NDArray[np.float64]:
        """float64 [rows, features] of a table."""
        if self.table is None:
            raise DataError(
                f"{file}: is a table, but the network was not trained on one; pass a .npy or .npz "
                f"of samples of shape {self.shape}"
            )
        try:
            return self.table.features(tables.read(file))
        except DataError as error:
            raise error.at(str(file)) from error

    def _fitting(self, file: Path, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """[samples, *shape] of an array of samples, or of one alone."""
        samples = array[None] if array.shape == self.shape else array
        if samples.shape[1:] != self.shape:
            raise DataError(
                f"{file}: has an array of shape {array.shape}, but the network reads "
                f"{('samples', *self.shape)}".replace("'", "")
                + self._turned(samples.shape[1:])
            )
        if not len(samples):
            raise DataError(f"{file}: has no samples")
        try:
            is_real = self.dtype.kind == "f"
            return as_reals(samples) if is_real else as_integers(samples, self.dtype)
        except DataError as error:
            raise error.at(str(file)) from error

    def _turned(self, shape: tuple[int, ...]) -> str:
        """What to do with samples of another shape that hold as many values, if that is plain."""
        if len(self.shape) == 3 and shape == (self.shape[2], *self.shape[:2]):
            return "; put channels last with numpy.transpose(x, (0, 2, 3, 1))"
        if np.prod(shape) == np.prod(self.shape):
            return f"; numpy.reshape(x, {(-1, *self.shape)}) if its values come in that order"
        return ""

    def _picture(self, file: Path) -> Picture:
        is_image = len(self.shape) >= 2 and self.shape[2:] in ((), (1,), (3,))
        if not is_image or self.dtype != np.uint8:
            raise DataError(
                f"{file}: not an array, but the network reads samples of shape {self.shape} and "
                f"type {self.dtype}, which are not images; pass them as a .npy or .npz"
            )
        try:
            return pictures.read(file, self.ground)
        except UnknownFormatError as error:
            raise DataError(f"{error}, nor an array (.npy, .npz, IDX)") from error

    def _sample(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """A picture as a sample.

        It is made grey if samples have no colours, resized by area, and scaled to the value of
        white. Its proportions must be right: nothing is cropped.
        """
        height, width = picture.pixels.shape[:2]
        if height * self.shape[1] != width * self.shape[0]:
            raise DataError(
                f"{picture.origin.path}: is {width}×{height}, but the network reads "
                f"{self.shape[1]}×{self.shape[0]}; crop it to these proportions"
            )
        pixels = picture.pixels if self.shape[2:] == (3,) else grey(picture.pixels)
        resized = area_resize(pixels[None], self.shape[:2]).reshape(self.shape)  # type: ignore[arg-type]
        scaled = (resized.astype(np.int32) * self._white + 127) // 255
        return (self._white - scaled if self.invert else scaled).astype(np.uint8)

    @property
    def _white(self) -> int:
        look = self.look or Look()
        return self.white or look.white or look.highest or 255

    def _warn_of_look(
        self, x: npt.NDArray[np.uint8], sources: Sequence[Path], opened: set[Path]
    ) -> None:
        """Warn of pictures whose values or ground may not be those that the network knows."""
        look = self.look or Look()
        if self.white is None and look.white is None:
            why = ", the highest value of the training data" if look.highest else ""
            message = f"the network does not record the value of white; using {self._white}{why}"
            warnings.warn(LilogicWarning(message, option="white"), stacklevel=3)
        if look.ground is None:
            return
        usual, other = look.ground, next(tone for tone in Tone if tone != look.ground)
        tones = grounds(x, self._white)
        odd = [p for p, t in zip(sources, tones, strict=True) if t is other and p in opened]
        if odd:
            inverted = " after inverting" if self.invert else ""
            message = (
                f"{pictures.some(odd)}: looks {other.image}{inverted}, but the network was "
                f"trained on {usual.image}"
            )
            warnings.warn(LilogicWarning(message, option="invert"), stacklevel=3)


def grey(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """uint8 [height, width]: the luma (ITU-R 601) of RGB pixels; grey ones stay what they are."""
    weights = np.array([19595, 38470, 7471], dtype=np.uint32)
    red, green, blue = (pixels[..., channel] * weights[channel] for channel in range(3))
    luma: npt.NDArray[np.uint8] = ((red + green + blue + 0x8000) >> 16).astype(np.uint8)
    return luma


def _array(file: Path, name: str | None) -> npt.NDArray[Any] | None:
    """The array in a file; None where the file is of another kind."""
    start = read_bytes(file, 4)
    if not start:
        raise DataError(f"{file}: is empty")
    if start[:2] == b"\x1f\x8b" or start[:3] == b"\0\0\x08":
        return idx.read(file, None)
    if start != b"\x93NUM" and start[:2] != b"PK":
        return None
    try:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            names = loaded.files
            chosen = name or (names[0] if len(names) == 1 else None)
            if chosen in names:
                return np.asarray(loaded[chosen])
    except (
        OSError, EOFError, ValueError, TypeError, RuntimeError, MemoryError, AttributeError,
        SyntaxError, zlib.error, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise DataError(
            f"{file}: truncated, damaged or not a file of plain arrays ({first_line(error)})"
        ) from error
    what = f"has no array {name}" if name else "has several arrays, name one"
    raise DataError(f"{file}: {what}: {', '.join(names)}", option="array")
