"""Circuits that take Yosys to be read: Verilog, netlists above gates, and those of modules."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from lilogic.errors import FormatError, ToolError
from lilogic.files import read_unpacked, scratch
from lilogic.formats import content
from lilogic.formats.imported import Imported
from lilogic.formats.importers import netlist
from lilogic.hdl.fpga import tools, yosys

READ = {
    ".v": "read_verilog",
    ".sv": "read_verilog -sv",
    ".json": "read_json",
    ".blif": "read_blif",
    ".eblif": "read_blif",
}
"""For each suffix, the command of Yosys that reads such a file."""

# A `case` of eight constants or more becomes a memory that is only read, which is gates again.
_SCRIPT = """\
{read} design
write_rtlil modules.il
hierarchy -check {top}
proc
flatten
check
memory_collect
memory_map -rom-only
opt_clean
techmap
simplemap
opt_expr -keepdc
opt_clean
write_json netlist.json
"""

TIMEOUT = 600.0

_COMPANION = re.compile(r'(?:`include|\$readmem[bh]\s*\()\s*"([^"\n]+)"')
_CONFLICT = re.compile(
    r"Warning: (?:multiple conflicting drivers|Drivers conflicting)(.*\n(?: .*\n)*)"
)
_ERROR = re.compile(r"(\S+?:\d+: )?ERROR: ?(.*)")
_WARNING = re.compile(r"^design:(\d+: )Warning: (?!Yosys has only limited)(.*)", re.MULTILINE)


def read(path: Path, top: str | None = None) -> Imported:
    """The circuit of a module; ports become inputs and outputs, lowest bit first.

    Args:
        path: a file of a format in ``READ``; what its Verilog includes is looked for beside it.
        top: the module; by default the only one that no other contains.

    Raises:
        FormatError: Yosys does not understand it, it has registers or outputs that may be open, or
            there is a choice of modules.
        ToolError: Yosys is missing, or the time was up.
    """
    data = read_unpacked(path)
    command = READ[content.suffix_of(path, data)]
    if top is not None and not re.fullmatch(r"[^\s;#\"]+", top):
        raise FormatError(f"{top!r} is not a module name", option="top")
    with scratch() as folder:
        text = content.text(data)
        (folder / "design").write_text(text, "utf-8")
        if command.startswith("read_verilog"):
            _bring_companions(text, path.parent, folder)
        failure: ToolError | None = None
        try:
            choice = "-auto-top" if top is None else f"-top {top}"
            log = yosys.run(_SCRIPT.format(read=command, top=choice), folder, TIMEOUT)
        except tools.ToolTimeoutError:
            raise
        except ToolError as error:
            failure = error
        if (folder / "modules.il").exists():
            _check_top((folder / "modules.il").read_text("utf-8"), top)
        if failure is not None:
            raise _explained(failure) from failure
        if conflict := _CONFLICT.search(log):
            lines = sorted({int(line) for line in re.findall(r"design:(\d+)", conflict[1])})
            where = "".join(f", line {line}" for line in lines)
            raise FormatError(f"a net has more than one driver{where}")
        gates = (folder / "netlist.json").read_bytes()
    try:
        return netlist.read(gates.replace(b'"design:', b'"line '))
    except FormatError as error:
        warning = _WARNING.search(log)
        if warning is None:
            raise
        raise FormatError(
            f"{error}; Yosys warns about line {warning[1]}{_plain(warning[2])}"
        ) from error


def _bring_companions(text: str, source: Path, folder: Path) -> None:
    """Copy the files beside ``source`` that Verilog names, and what these name."""
    for name in _COMPANION.findall(text):
        found, place = source / name, folder / name
        if PurePosixPath(name).is_absolute() or ".." in name or place.exists():
            continue
        if found.is_file():
            more = content.text(found.read_bytes())
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(more, "utf-8")
            _bring_companions(more, source, folder)


def _check_top(rtlil: str, top: str | None) -> None:
    """Raise FormatError where ``top`` is none of the modules, or None and there is a choice."""
    contained: dict[str, set[str]] = {}
    marks: dict[str, set[str]] = {"top": set(), "blackbox": set()}
    attributes: set[str] = set()
    for line in rtlil.splitlines():
        words = line.split()
        if words[:1] == ["attribute"]:
            attributes.add(words[1][1:])
        elif words[:1] == ["module"] and line.startswith("module "):
            name = words[1][1:]
            contained[name] = set()
            for mark, marked in marks.items():
                if mark in attributes:
                    marked.add(name)
        elif words[:1] == ["cell"]:
            # One of an array of instances is `$array:0:3:\\module`.
            contained[name].add(words[1].rpartition("\\")[2])
        if words[:1] != ["attribute"]:
            attributes = set()
    netlist.top_of(contained, marks["top"], marks["blackbox"], top)


def _explained(failure: ToolError) -> FormatError | ToolError:
    """What Yosys complains of, in the user's own file."""
    found = _ERROR.search(str(failure))
    # As WebAssembly says, and as the processor ends native code.
    if "call stack exhausted" in str(failure) or "SIGSEGV" in str(failure):
        return FormatError("its if … else chain is nested too deeply for Yosys; write it as a case")
    if found is None:
        return failure
    says = _plain((found[1] or "") + found[2])
    if "is not part of the design" in says:
        says += "; put all modules into one file"
    return FormatError(says)


def _plain(message: str) -> str:
    """What Yosys says, with lines of the user's file and names as they stand there."""
    return re.sub(r"\bdesign:(\d+)[-.\d]*", r"line \1", message).replace("\\", "").rstrip(".!")
