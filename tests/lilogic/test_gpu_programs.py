"""Programs for GPUs compile to machine code, which takes no GPU; interpreting them shows less."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from lilogic.infer.cuda import machine, programs as infer
from lilogic.learn.kernels.cuda import programs as learn

INTS, BITS = "*i32", "*u8"


def compiled(program, **given):
    # Numbers that programs are told when they run are int32; what is not named is memory.
    signature, constants = {}, {}
    for parameter in program.params:
        name = parameter.name
        value = given.get(name, "i32" if parameter.do_not_specialize or name == "batch" else INTS)
        if parameter.is_constexpr:
            constants[name], value = value, "constexpr"
        signature[name] = value
    source = ASTSource(fn=program, signature=signature, constexprs=constants)
    assert triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["cubin"]


compiled(infer.compare, features=BITS, shift=BITS, HAS_MINUS=True, HAS_SHIFT=True, **machine._BITS)
compiled(infer.take, **machine._BITS)
compiled(infer.gates, **machine._GATES)
compiled(infer.scores, **machine._SUMS)
compiled(infer.classify, **machine._CLASSIFIED)
for inputs, row in ((2, "*fp32"), (3, "*bf16")):
    floats = dict.fromkeys(("weights", "coefficients", "d_coefficients", "d_weights"), "*fp32")
    floats |= dict.fromkeys(("x", "wires", "y", "d_y", "d_wires"), row)
    sizes = {"INPUTS": inputs, "IS_SHARED": inputs > 2, "NODES": 2, "SAMPLES": 256, "CANDIDATES": 8}
    compiled(learn.forward, **floats, **sizes)
    compiled(learn.backward_nodes, **floats, **sizes)
    compiled(learn.backward_weights, **floats, **sizes)
    rows = {**floats, "d_x": "*fp32", "READERS": 8, "SAMPLES": 256}
    compiled(learn.backward_inputs, **rows)
    compiled(learn.sum_parts, **rows)
compiled(learn.hard, x=BITS, op=BITS, a="*i64", b="*i64", y=BITS, NODES=4, SAMPLES=256)
print("compiled")
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs Triton")
def test_all_programs_compile_for_an_h100(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)
    script = tmp_path / "compile_programs.py"
    script.write_text(COMPILE)
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "compiled\n", done.stderr[-2000:]
