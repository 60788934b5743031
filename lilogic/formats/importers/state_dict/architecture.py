"""What a state dict does not tell of a network, as its user describes it in TOML or JSON.

Layers are named as in torchlogix, in the order of ``torch.nn.Sequential``, with the arguments that
they were made with; what is left out has the package's default. docs/how-to/import-export.md has
an example.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveFloat

from lilogic.errors import FormatError
from lilogic.formats.imported import MAX_INPUTS
from lilogic.validation import one_line

Size = Annotated[int, Field(ge=1, le=MAX_INPUTS)]
Padding = Annotated[int, Field(ge=0, le=MAX_INPUTS)]

_both = BeforeValidator(lambda given: (given, given) if isinstance(given, int) else given)

Pair = Annotated[tuple[Size, Size], _both]
"""Of rows and of columns; one number stands for both."""

PaddingPair = Annotated[tuple[Padding, Padding], _both]


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Layer(_Described):
    """A layer; ``name`` is its module's, by default its number in the list."""

    name: str | None = None


class Binarization(_Layer):
    """Thresholds; each value becomes a bit for each of them."""

    type: Literal["FixedBinarization", "SoftBinarization", "LearnableBinarization"]
    feature_dim: int = -2
    temperature_softplus: float = Field(default=0.1, ge=0)


class Unchanged(_Layer):
    """Hands on what it gets; ``feature_dim`` may be there as in others that make bits."""

    type: Literal["DummyBinarization", "Identity"]
    feature_dim: int | None = None


class _Tables(_Layer):
    """A layer of lookup tables; ``parametrization`` says what its weights mean."""

    parametrization: Literal["raw", "warp", "light"] | None = None


class Convolution(_Tables):
    """Trees of lookup tables at every place of an image."""

    type: Literal["LogicConv2d"]
    in_dim: Pair
    channels: Size = 1
    receptive_field_size: Pair = (2, 2)
    stride: Size = 1
    padding: Padding = 0


class Dense(_Tables):
    """Lookup tables that read any values of a row."""

    type: Literal["LogicDense"]
    in_dim: Size


class Pooling(_Layer):
    """The OR of the values in a window."""

    type: Literal["OrPooling2d"]
    kernel_size: Pair
    stride: Pair
    padding: PaddingPair = (0, 0)


class Flatten(_Layer):
    """All values as one row."""

    type: Literal["Flatten"]


class GroupSum(_Layer):
    """``k`` classes; what ``tau`` divides and ``beta`` adds is left out, as it changes no class."""

    type: Literal["GroupSum"]
    k: Size
    tau: PositiveFloat = 1.0
    beta: float = 0.0


class Sequential(_Layer):
    """Layers one after another."""

    type: Literal["Sequential"]
    layers: tuple[Layer, ...]


class ResidualBlock(_Layer):
    """The OR of what two lists of layers make of the same values; none hand them on."""

    type: Literal["ResidualLogicBlock"]
    main: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()


Layer = Annotated[
    Binarization
    | Unchanged
    | Convolution
    | Dense
    | Pooling
    | Flatten
    | GroupSum
    | Sequential
    | ResidualBlock,
    Field(discriminator="type"),
]


class Architecture(_Described):
    """A network.

    Attributes:
        input_shape: of what the network reads: (features,), or (channels, height, width).
        dtype: of the raw samples.
        scale: what raw samples are divided by to make what the network reads, if it has thresholds.
        layers: first to last.
    """

    input_shape: tuple[Size] | tuple[Size, Size, Size]
    dtype: Literal["uint8", "int8", "uint16", "int16"] = "uint8"
    scale: PositiveFloat | None = None
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]


def load(path: Path) -> Architecture:
    """The description in a file, JSON if that is its suffix, else TOML.

    Raises:
        FormatError: names the file, and what is wrong with it.
    """
    parse = json.loads if path.suffix.lower() == ".json" else tomllib.loads
    try:
        described = parse(path.read_bytes().decode())
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: neither TOML nor, called .json, JSON: {error}") from error
    with one_line(FormatError, str(path)):
        return Architecture.model_validate(described)
