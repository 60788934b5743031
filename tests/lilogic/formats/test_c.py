"""Exported C, compiled as C and as C++ and run, gives the scores and classes of inference."""

import re
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic import formats
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.formats.exporters.c.schedule import schedule
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.zoo import models
from tests.strategies import encoders, graphs, random_bits, random_graph, random_raw

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
AS_C = ["gcc", "-std=c99", *WARNINGS]
AS_CPP = ["g++", "-std=c++17", *WARNINGS, "-x", "c++"]
SANITIZERS = ["-fsanitize=undefined,address", "-fno-sanitize-recover"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("c")


def compiled(language, path, *options):
    program = path.with_suffix("")
    done = subprocess.run(
        [*language, *options, path, "-o", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return program


MAIN = """
#include "net.c"
#include <stdio.h>
#ifdef NET_VALUES
#define SIZE NET_VALUES
#define encode net_encode
#else
#define SIZE NET_INPUTS
#define encode net_pack
#endif
static TYPE samples[NET_SAMPLES * SIZE];
static net_word bits[NET_INPUTS];
static int32_t scores[NET_SAMPLES][NET_CLASSES], one[NET_CLASSES];
int main(void)
{
    size_t read;
    while ((read = fread(samples, sizeof(TYPE) * SIZE, NET_SAMPLES, stdin)) != 0) {
        int32_t classes[NET_SAMPLES];
        encode(samples, (int)read, bits);
        net_scores(bits, scores);
        net_classify(bits, classes);
        for (size_t s = 0; s < read; s++) {
            int32_t found = net_classify_one(samples + s * SIZE);
            net_scores_one(samples + s * SIZE, one);
            fwrite(scores[s], sizeof *scores[s], NET_CLASSES, stdout);
            fwrite(one, sizeof *one, NET_CLASSES, stdout);
            fwrite(&classes[s], sizeof *classes, 1, stdout);
            fwrite(&found, sizeof found, 1, stdout);
        }
    }
    return 0;
}
"""


def assert_runs(folder, language, graph, raw, *options, encoded=True, **keywords):
    """The C of ``graph`` gives what inference does for the samples, by words and one by one."""
    formats.write(graph, "c", folder / "net.c", **keywords)
    encodes = graph.encoder is not None and encoded
    dtype = graph.encoder.input_dtype if encodes else "uint8"
    ctype = "double" if dtype == "float64" else f"{dtype}_t"
    (folder / "main.c").write_text(MAIN)
    program = compiled(language, folder / "main.c", f"-DTYPE={ctype}", *options)
    done = subprocess.run([program], input=raw.astype(dtype).tobytes(), capture_output=True)
    assert done.returncode == 0, done.stderr
    expected = golden.scores(graph, graph.encoder.encode(raw) if encodes else raw)
    classes = golden.classify(expected)[:, None]
    rows = np.frombuffer(done.stdout, dtype=np.int32).reshape(len(raw), -1)
    np.testing.assert_array_equal(rows, np.hstack([expected, expected, classes, classes]))


@settings(max_examples=10)
@given(data=st.data())
def test_any_graph(folder, data):
    encoder = data.draw(st.one_of(st.none(), encoders(ranked=True)))
    graph = data.draw(graphs(max_gates=40, encoder=encoder))
    encoded = encoder is not None and data.draw(st.booleans())
    raw = random_raw(encoder, 70) if encoded else random_bits(graph, 70)
    assert_runs(
        folder,
        data.draw(st.sampled_from([AS_C, AS_CPP])),
        graph,
        raw,
        *data.draw(st.sampled_from([[], SANITIZERS])),
        encoded=encoded,
        word=data.draw(st.sampled_from([8, 16, 32, 64])),
        simplify=data.draw(st.booleans()),
        input="features" if encoded else "bits",
    )


TRICKY = {
    "no gates, an input that is counted twice": ([], [[0, 0, 1], [2]], [0, 1]),
    "one class of a constant": ([(15, 0, 0)], [[3, 3]], [-7]),
    "an empty head before a tie": ([(0, 0, 0), (6, 0, 1)], [[], [4], [4], [3]], [-1, 0, 0, 0]),
    "a node in every head, and read after it was counted": (
        [(1, 0, 1), (14, 3, 2), (9, 3, 4)],
        [[3, 5], [3, 4, 3], [3]],
        [-2, 0, 1],
    ),
    "scores at the limits": ([(6, 0, 1)], [[3], [0]], [2**31 - 2, -(2**31) + 1]),
    "more than a part counts": ([(7, 0, 1), (2, 3, 2)], [[4] * 65 + [3] * 200, [0] * 127], [0, 9]),
}


@pytest.mark.parametrize("name", TRICKY)
def test_tricky_graphs(folder, name):
    gates, heads, offset = TRICKY[name]
    graph = GateGraph.build(3, gates, heads, offset)
    bits = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    for simplify, word in ((True, 8), (False, 64)):
        assert_runs(folder, AS_C, graph, bits, word=word, simplify=simplify)


def test_every_bit_may_subtract_a_feature(folder):
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "uint8"), feature=[0, 1], threshold=[3, 0], minus=[1, 1]
    )
    graph = GateGraph.build(2, [], [[0], [1]], encoder=encoder)
    assert_runs(folder, AS_C, graph, random_raw(encoder, 70), input="features")


def test_a_network_of_the_zoo(folder):
    graph = models.load("digits")
    raw = np.random.default_rng(0).integers(0, 17, (100, 8, 8)).astype(np.uint8)
    assert_runs(folder, AS_CPP, graph, raw, word=8)
    header = (folder / "net.h").read_text()
    assert "#define NET_GATES 794\n" in header
    assert header.isascii()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist-8k", "fashion-8k"])
def test_large_networks_of_the_zoo(folder, name):
    graph = models.load(name)
    raw = np.random.default_rng(0).integers(0, 256, (100, 28, 28)).astype(np.uint8)
    for language, word in ((AS_C, 32), (AS_CPP, 64)):
        assert_runs(folder, language, graph, raw, word=word)


def test_a_layered_graph_with_and_without_simplification(folder):
    graph = random_graph((300, 500, 200), 90, 10, seed=3)
    assert_runs(folder, AS_C, graph, random_bits(graph, 150), word=16, simplify=False)


LINKED = """
#include "first.h"
#include "second.h"
#include "first.h"
int main(void)
{
    static first_word a[FIRST_INPUTS];
    static second_word b[SECOND_INPUTS];
    int32_t x[FIRST_SAMPLES], y[SECOND_SAMPLES];
    first_classify(a, x);
    second_classify(b, y);
    return FIRST_INPUTS == SECOND_INPUTS || x[0] != 1 || y[0] != 2;
}
"""


def test_two_networks_are_one_program_of_c_and_of_cpp(folder):
    """Both compiled as C; the program is C, or C++."""
    formats.write(GateGraph.build(1, [(12, 0, 0)], [[0], [1]]), "c", folder / "first.c")
    graph = GateGraph.build(2, [(8, 0, 1)], [[0], [1], [2]])
    formats.write(graph, "c", folder / "second.c", word=8)
    (folder / "linked.c").write_text(LINKED)
    for name in ("first", "second"):
        subprocess.run([*AS_C, "-c", f"{name}.c"], cwd=folder, check=True)
    for language in (AS_C, AS_CPP):
        program = folder / "linked"
        command = [*language, "linked.c", "-x", "none", "first.o", "second.o", "-o", program]
        subprocess.run(command, cwd=folder, check=True)
        assert subprocess.run([program]).returncode == 0


def test_a_single_network_has_short_names_and_a_prefix_is_chosen(folder):
    graph = GateGraph.build(1, [(12, 0, 0)], [[0], [1]])
    formats.write(graph, "c", folder / "named.c", prefix="Door2")
    main = folder / "short.c"
    main.write_text(
        '#include "named.c"\nint main(void) { uint64_t bits[LILOGIC_INPUTS] = {0};'
        " int32_t a[64], b[64]; lilogic_classify(bits, a); Door2_classify(bits, b);"
        " return a[0] != DOOR2_CLASSES - 1 || a[0] != b[0]; }\n"
    )
    assert subprocess.run([compiled(AS_CPP, main)]).returncode == 0


@pytest.mark.parametrize(
    ("stem", "prefix"),
    [("net", "net"), ("mnist-8k", "mnist_8k"), ("2 nets", "net_2_nets"), ("_É_", "net"),
     ("a" * 60, "a" * 40)],
)  # fmt: skip
def test_names_begin_with_the_name_of_the_file(folder, stem, prefix):
    formats.write(random_graph((4,), 2, 2), "c", folder / f"{stem}.c")
    assert f"void {prefix}_scores(" in (folder / f"{stem}.h").read_text()
    subprocess.run([*AS_C, "-c", folder / f"{stem}.c", "-o", folder / "named.o"], check=True)


def stack_of(usage, prefix, chain):
    """Bytes of stack of functions that call each other; those that were inlined have none."""
    sizes = {}
    for line in usage.splitlines():
        place, size, _ = line.split("\t")
        name = re.sub(r"_\d+$", "_", place.rpartition(":")[2].removeprefix(f"{prefix}_"))
        sizes[name] = max(int(size), sizes.get(name, 0))
    return sum(sizes.get(name, 0) for name in chain)


@pytest.mark.parametrize(
    "optimization", ["-O0", "-Os", *(pytest.param(f"-O{n}", marks=pytest.mark.slow) for n in "23")]
)
def test_the_header_tells_the_stack_that_functions_take_at_most(folder, optimization):
    network = models.load("digits")
    for graph, word in ((network, 8), (random_graph((100, 200), 60, 5), 64)):
        formats.write(graph, "c", folder / "stack.c", word=word)
        command = ["gcc", "-std=c99", optimization, "-fstack-usage", "-c", "stack.c"]
        subprocess.run(command, cwd=folder, check=True)
        usage = (folder / "stack.su").read_text()
        told = re.findall(r"stack_(\w+) +([\d,]+)$", (folder / "stack.h").read_text(), re.M)
        chains = {
            "scores_one": ["single", "single_"],
            "classify_one": ["single", "single_"],
            "scores": ["class", "block", "block_", "count"],
            "classify": ["class", "block", "block_", "count"],
            "encode": [],
        }
        assert len(told) == len(chains) - (graph.encoder is None)
        for name, size in told:
            at_most = int(size.replace(",", ""))
            assert at_most - 320 <= stack_of(usage, "stack", [name, *chains[name]]) <= at_most
        assert not re.search(r" [bBdD] ", subprocess.getoutput(f"nm {folder / 'stack.o'}"))


def test_slots_are_used_again():
    graph = passes.simplify(models.load("digits"))
    assert schedule(graph).slots < graph.n_gates / 10


@settings(max_examples=6)
@given(graph=graphs(max_gates=40), word=st.sampled_from([8, 32]))
def test_its_own_test_passes(folder, graph, word):
    path = folder / "small.c"
    formats.write(graph, "c", path, word=word)
    program = compiled(AS_C, path, "-DLILOGIC_SELF_TEST")
    done = subprocess.run([program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{word} samples, all as expected\n")


@pytest.mark.parametrize("changed", ["x[0] & x[1]", "(x[0] != 0) & (x[1] != 0)"])
def test_what_was_changed_fails_its_own_test(folder, changed):
    graph = GateGraph.build(2, [(1, 0, 1)], [[2], [0]])
    path = folder / "changed.c"
    formats.write(graph, "c", path)
    text = path.read_text()
    assert text.count(changed) == 1
    path.write_text(text.replace(changed, changed.replace("&", "|")))
    assert subprocess.run([compiled(AS_C, path, "-DLILOGIC_SELF_TEST")]).returncode == 1


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("net.txt", {}, r"net\.txt: C is written to a \.c file"),
        ('n"et.c', {}, "C cannot include a file of that name"),
        ("n\\et.c", {}, "C cannot include a file of that name"),
        ("net.c", {"prefix": "9lives"}, "prefix '9lives' must be a letter followed"),
        ("net.c", {"prefix": ""}, "prefix '' must be a letter followed"),
        ("net.c", {"word": 24}, "word is 24 bits, but must be 8, 16, 32 or 64"),
        ("net.c", {"input": "pixels"}, "input is 'pixels', but must be bits or features"),
        ("net.c", {"input": "features"}, "the network has no encoder, so it reads bits"),
    ],
)
def test_what_c_cannot_be_is_refused(tmp_path, file, options, message):
    with pytest.raises(LilogicError, match=message):
        formats.write(random_graph((4,), 2, 2), "c", tmp_path / file, **options)
    assert not [*tmp_path.iterdir()]
