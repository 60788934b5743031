"""What a file is: what its first bytes say where that is certain, else its name.

Names are compared without regard to capitals, and without the ``.gz`` of what is packed.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from lilogic.errors import FormatError

_TORCH_BEFORE_ZIP = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""What ``torch.save`` wrote first, before it wrote zip archives."""


def suffix_of(path: Path, data: bytes = b"") -> str:
    """The suffix, in small letters, of the format of a file called ``path`` that holds ``data``."""
    return _certain(data) or Path(path.name.lower().removesuffix(".gz")).suffix


def _certain(data: bytes) -> str | None:
    if data.startswith((b"aig ", b"aag ")):
        return ".aig"
    if data.startswith(_TORCH_BEFORE_ZIP):
        return ".pth"
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data) - 8:
        header = data[8 : 8 + int.from_bytes(data[:8], "little")]
        return ".lgn" if b'"lilogic.lgn"' in header else ".safetensors"
    if data.startswith(b"PK"):
        return _archive(data)
    words = data[:1_000_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    while words.startswith(b"#"):
        words = words.partition(b"\n")[2].lstrip()
    if words.startswith(b"{"):
        return ".json"
    return ".blif" if words.startswith((b".model ", b".model\t")) else None


def _archive(data: bytes) -> str | None:
    """What kind of zip archive: numpy's and torch's differ in what they call their members."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError):
        return None
    if any(name.endswith("/data.pkl") for name in names):
        return ".pth"
    return ".npz" if names and all(name.endswith(".npy") for name in names) else None


def text(data: bytes) -> str:
    """A text file's text, whatever wrote it: UTF-8, UTF-16 with a mark, or else Latin-1.

    Raises:
        FormatError: it holds what no text does.
    """
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        decoded = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        decoded = "\0" if is_wide else data.decode("latin-1")
    if "\0" in decoded:
        raise FormatError("it is not text")
    return decoded
