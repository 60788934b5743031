"""How the images of a data set look, which pictures from elsewhere are brought to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from lilogic.docstrings import describe

if TYPE_CHECKING:
    import numpy.typing as npt

_MOST = 0.75


class Tone(StrEnum):
    """What surrounds the subject of an image."""

    DARK = "dark"
    LIGHT = "light"

    @property
    def image(self) -> str:
        """What images on such a ground are called."""
        return "light on dark" if self is Tone.DARK else "dark on light"


class Look(BaseModel):
    """How the images of a data set look; what is unknown, or differs among them, is absent.

    Attributes:
        white: Value of a white pixel.
        highest: Highest value of the training samples.
        ground: What surrounds the subjects.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=describe)

    white: int | None = None
    highest: int | None = None
    ground: Tone | None = None

    @classmethod
    def of(cls, images: npt.NDArray[Any]) -> Look:
        """Return the look of uint8 images [samples, height, width, …].

        White is unknown if no value reaches 128.
        """
        import numpy as np  # not above: metadata have a look, and are listed without numpy

        highest = int(images.max())
        white = 255 if highest >= 128 else None
        tones = grounds(images, white or highest)
        shares = {tone: np.mean([found is tone for found in tones]) for tone in Tone}
        ground = next((tone for tone, share in shares.items() if share > _MOST), None)
        return cls(white=white, highest=highest, ground=ground)

    def oddities(self, usual: Look) -> list[str]:
        """Return phrases for what distinguishes these images from those of the training."""
        found = []
        if self.ground and usual.ground and self.ground is not usual.ground:
            found.append(
                f"are {self.ground.image}, but the network was trained on {usual.ground.image}"
            )
        white, known = self.white or self.highest, usual.white or usual.highest
        if white and known and max(white, known) > 2 * min(white, known):
            found.append(f"have values up to {white}, but the network was trained on up to {known}")
        return found


def grounds(images: npt.NDArray[Any], white: int) -> list[Tone | None]:
    """Of each of the images [samples, height, width, ...], what most of its border is."""
    import numpy as np

    edges = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]
    border = np.concatenate([edge.reshape(len(images), -1) for edge in edges], axis=1)
    light = (border > white / 2).mean(axis=1)
    return [
        Tone.LIGHT if share >= _MOST else Tone.DARK if share <= 1 - _MOST else None
        for share in light
    ]
