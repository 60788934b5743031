"""Every export gives back a graph with the same scores, or is simulated."""

import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.infer import golden
from tests.strategies import graphs, random_bits, random_graph

SUFFIX = {"blif": ".blif", "aiger": ".aig", "npz": ".npz"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("formats")


@pytest.mark.parametrize("kind", SUFFIX)
@given(graph=graphs())
def test_an_export_gives_back_every_score(folder, kind, graph):
    path = folder / f"graph{SUFFIX[kind]}"
    formats.write(graph, kind, path)
    again = formats.load(path)
    assert again.n_inputs == graph.n_inputs
    bits = random_bits(graph, 100)
    np.testing.assert_array_equal(golden.scores(again, bits), golden.scores(graph, bits))


@pytest.mark.parametrize("kind", ["blif", "aiger"])
@given(graph=graphs())
def test_heads_and_offsets_come_back_as_they_were(folder, kind, graph):
    path = folder / f"heads{SUFFIX[kind]}"
    formats.write(graph, kind, path)
    again = formats.load(path)
    np.testing.assert_array_equal(again.head_ptr, graph.head_ptr)
    np.testing.assert_array_equal(again.offset, graph.offset)


@pytest.mark.parametrize("kind", SUFFIX)
def test_a_large_network_comes_back(folder, kind):
    graph = random_graph((600, 500, 500), 100, 10)
    path = folder / f"large{SUFFIX[kind]}"
    formats.write(graph, kind, path)
    again = formats.load(path)
    bits = random_bits(graph, 300)
    np.testing.assert_array_equal(golden.scores(again, bits), golden.scores(graph, bits))


def compiled(path, *options):
    program = path.with_suffix("")
    command = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", *options, path, "-o", program]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


@settings(max_examples=12)
@given(graph=graphs(max_gates=40), strict=st.booleans())
def test_c_passes_its_own_test(folder, graph, strict):
    path = folder / "small.c"
    formats.write(graph, "c", path)
    options = ["-fsanitize=undefined,address"] if strict else []
    program = compiled(path, "-DLILOGIC_SELF_TEST", *options)
    done = subprocess.run([program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "64 samples, all as expected\n")


MAIN = """
#include <stdio.h>
#include "net.c"
int main(void)
{
    static uint8_t samples[64 * LILOGIC_INPUTS];
    static uint64_t bits[LILOGIC_INPUTS];
    size_t read;
    while ((read = fread(samples, LILOGIC_INPUTS, 64, stdin))) {
        int32_t scores[64][LILOGIC_CLASSES], classes[64];
        lilogic_pack(samples, (int)read, bits);
        lilogic_scores(bits, scores);
        lilogic_classify(bits, classes);
        for (size_t s = 0; s < read; s++) {
            fwrite(scores[s], sizeof *scores[s], LILOGIC_CLASSES, stdout);
            fwrite(&classes[s], sizeof *classes, 1, stdout);
        }
    }
}
"""


def test_c_called_by_a_program_gives_the_scores_and_classes_of_inference(folder):
    graph = random_graph((700, 1500, 400), 90, 10, seed=3)
    formats.write(graph, "c", folder / "net.c")
    (folder / "main.c").write_text(MAIN)
    program = compiled(folder / "main.c", "-O1")
    bits = random_bits(graph, 150)
    done = subprocess.run([program], input=bits.astype(np.uint8).tobytes(), capture_output=True)
    rows = np.frombuffer(done.stdout, dtype=np.int32).reshape(150, 11)
    expected = golden.scores(graph, bits)
    np.testing.assert_array_equal(rows[:, :10], expected)
    np.testing.assert_array_equal(rows[:, 10], golden.classify(expected))


def test_c_that_was_changed_fails_its_own_test(folder):
    graph = GateGraph.build(2, [(1, 0, 1)], [[2], [0]])
    path = folder / "changed.c"
    formats.write(graph, "c", path)
    path.write_text(path.read_text().replace("v[0] & v[1]", "v[0] | v[1]"))
    assert subprocess.run([compiled(path, "-DLILOGIC_SELF_TEST")]).returncode == 1


def test_c_goes_to_a_c_file(folder):
    with pytest.raises(LilogicError, match=r"net\.txt: C goes to a file that ends in \.c"):
        formats.write(random_graph((4,), 2, 2), "c", folder / "net.txt")


def test_an_unknown_format_is_named(folder):
    with pytest.raises(LilogicError, match="format 'vhdl' is not one of blif, aiger, c, "):
        formats.write(random_graph((4,), 2, 2), "vhdl", folder / "net")


@pytest.mark.parametrize(("offset", "gates"), [([0, 2**30], []), ([0, 0], [(3, 0, 0)] * 6000)])
def test_what_is_too_large_layer_by_layer_is_refused(folder, offset, gates):
    gates = [(op, max(0, 4000 + g - 1), 0) for g, (op, _, _) in enumerate(gates)]
    heads = [[*range(4000 + len(gates))], [0]]
    graph = GateGraph.build(4000, gates, heads, offset)
    with pytest.raises(LilogicError, match="more than 16,777,216 gates"):
        formats.write(graph, "npz", folder / "huge.npz")
