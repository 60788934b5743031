"""The examples that ``lilogic COMMAND --help`` ends with."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "train": (
        "lilogic train digits",
        "lilogic train mnist-8k --set train.epochs=10 -o runs/short",
        "lilogic train flowers.csv --label species --folds 5",
    ),
    "sweep": (
        "lilogic sweep widths.toml",
        "lilogic sweep widths.toml --jobs 4 -o runs/widths",
    ),
    "eval": (
        "lilogic eval digits",
        "lilogic eval runs/mnist-8k --train --report mnist-8k.html",
        "lilogic eval runs/flowers --data more-flowers.csv",
    ),
    "estimate": (
        "lilogic estimate mnist-tiny --target ice40",
        "lilogic estimate flowers.csv --target sky130",
        "lilogic estimate mnist-8k --target xc7 --set 'net.layers=[4000]'",
    ),
    "frontier": (
        "lilogic frontier flowers.csv --target ice40",
        "lilogic frontier mnist-8k --target xc7 --budget 1000 --budget 2000",
    ),
    "predict": (
        "lilogic predict mnist-8k seven.png",
        "lilogic predict mnist-8k scans/*.jpg --invert --csv",
        "lilogic predict runs/flowers new.csv -o classes.csv",
    ),
    "explain": (
        "lilogic explain breast-cancer",
        "lilogic explain mnist-tiny --class 7 --picture seven.png",
        "lilogic explain runs/flowers --formula",
    ),
    "compile": (
        "lilogic compile digits",
        "lilogic compile mnist-tiny --target up5k --clock 20 -o build/tiny",
        "lilogic compile digits --bus axis --with vivado --with readme",
    ),
    "verify": (
        "lilogic verify digits",
        "lilogic verify digits --build build/digits --timeout 600",
        "lilogic verify digits --simulator icarus --no-formal",
    ),
    "report": (
        "lilogic report digits",
        "lilogic report digits --target ice40 -o build/report",
        "lilogic report digits --liberty sky130_fd_sc_hd__tt_025C_1v80.lib",
    ),
    "activity": (
        "lilogic activity digits",
        "lilogic activity digits --liberty cells.lib --frequency 50",
        "lilogic activity digits --saif digits.saif --netlist digits.v",
    ),
    "datasheet": (
        "lilogic datasheet digits",
        "lilogic datasheet digits --liberty cells.lib -o digits.html",
    ),
    "import": (
        "lilogic import mnist.npz -o mnist.lgn",
        "lilogic import difflogic.pt -o mnist.lgn --encoder 28x28,thresholds=127",
        "lilogic import circuit.v -o circuit.lgn --top classifier --classes 10",
    ),
    "export": (
        "lilogic export mnist-tiny --to html -o mnist-tiny.html",
        "lilogic export digits --to c -o digits.c --input features",
        "lilogic export digits --to verilog -o digits.v --target ice40",
    ),
    "minimize": ("lilogic minimize runs/flowers -o flowers.lgn",),
    "classify": (
        "lilogic classify seven.png --model mnist-icebreaker --port /dev/ttyUSB1",
        "lilogic classify digits.npy --simulate",
    ),
    "bench-board": (
        "lilogic bench-board --model digits --port /dev/ttyUSB1",
        "lilogic bench-board --simulate --limit 20",
    ),
    "boards": ("lilogic boards",),
    "synth": (
        "lilogic synth digits --board icebreaker",
        "lilogic synth mnist-icebreaker --clock 24 -o build/mnist",
    ),
    "flash": (
        "lilogic flash digits --board icebreaker",
        "lilogic flash mnist-icebreaker -o build/mnist",
    ),
    "sweep-pipeline": (
        "lilogic sweep-pipeline digits",
        "lilogic sweep-pipeline mnist-tiny --device ecp5 -o tiny.png",
    ),
    "zoo": ("lilogic zoo", "lilogic zoo --json"),
    "recipes": (
        "lilogic recipes",
        "lilogic recipes digits > own.toml",
        "lilogic recipes --keys",
    ),
    "doctor": ("lilogic doctor", "lilogic doctor --json"),
    "demo": ("lilogic demo", "lilogic demo mnist-8k --set train.epochs=30 -o build/mnist"),
}


def epilog(command: str) -> str:
    """The epilog of a command's help."""
    # After a backspace, typer leaves lines as they are.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in EXAMPLES[command])])
