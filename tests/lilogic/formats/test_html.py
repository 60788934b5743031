"""The page of a network computes the scores of software, in a browser, and can be used."""

import base64
import json
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic import formats
from lilogic.data import datasets
from lilogic.errors import DataError
from lilogic.formats.exporters.html.contents import Examples, levels
from lilogic.formats.exporters.html.packed import packed
from lilogic.formats.exporters.picture import input_names
from lilogic.graph import passes
from lilogic.graph.gates import GATES, TRUTH
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from lilogic.zoo import models
from tests.strategies import encoders, graphs, random_bits, random_graph, random_raw

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


def drawn(page):
    """Wait until the page has drawn what was done last, which it does once a frame."""
    page.evaluate("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@contextmanager
def opened(browser, graph, path, examples=None, **options):
    """The page of a graph; whatever it complains about, or asks a server for, is an error."""
    formats.write(graph, "html", path, examples=examples, **options.pop("writing", {}))
    context = browser.new_context(**options)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    page.on("request", lambda request: complaints.append(request.url))
    page.set_default_timeout(120_000)
    page.goto(path.as_uri())
    page.locator("#verdict:not(:empty)").wait_for()
    complaints.remove(path.as_uri())
    try:
        yield page
        assert not complaints
    finally:
        context.close()


def scored(page, samples):
    """int [samples, classes]: what the page computes of raw samples."""
    rows = np.asarray(samples).reshape(len(samples), -1).tolist()
    found = page.evaluate("rows => rows.map(lilogic.scores)", rows)
    return np.array(found).reshape(len(samples), -1)


def shown(page):
    """The scores that stand beside the bars, once all that was asked for is painted."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    return [*map(int, page.locator("#lanes output").all_text_contents())]


def software(graph, samples):
    bits = samples if graph.encoder is None else graph.encoder.encode(samples)
    return golden.scores(graph, bits)


def test_a_page_is_one_small_file_that_asks_for_nothing(folder):
    data = datasets.load("digits")
    examples = Examples(data.x_test, data.y_test).of_each_class(20)
    formats.write(models.load("digits"), "html", folder / "digits.html", examples=examples)
    text = (folder / "digits.html").read_text("utf-8")
    assert len(text.encode()) < 150_000
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href|action)=|@import|url\(|\bfetch\(|\bimport\b\s*[("{]""", text)
    assert {*re.findall(r"https?://[^\"' ]+", text)} == {"http://www.w3.org/2000/svg"}


def test_names_cannot_break_out_of_the_page(folder):
    bad = "</script><script>alert(1)</script>"
    graph = random_graph((4,), 2, 1).with_metadata(name=bad, class_names=[bad, "b"])
    formats.write(graph, "html", folder / "names.html")
    text = (folder / "names.html").read_text("utf-8")
    assert "<script>alert" not in text
    given = re.search(r'id="given">(.*?)</script>', text, re.S)[1]
    assert json.loads(given)["name"] == json.loads(given)["classes"][0] == bad


def test_numbers_of_any_size_are_packed():
    values = np.array([0, 5, -1, 2**31 - 1, -(2**31), 127, 128, 64, -64, -64])
    data, numbers, last = base64.b64decode(packed(values)), [], 0
    zigzag = shift = 0
    for byte in data:
        zigzag |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            last += -((zigzag + 1) >> 1) if zigzag & 1 else zigzag >> 1
            numbers.append(last)
            zigzag = shift = 0
    assert numbers == values.tolist()
    assert packed([]) == ""


@settings(max_examples=25)
@given(graph=graphs(), every=st.integers(1, 4))
def test_latency_is_that_of_the_hardware(graph, every):
    graph = passes.simplify(graph)
    total = sum(levels(graph).values())
    classifier = Classifier(graph, CompileOptions(levels_per_stage=every))
    assert -(-total // every) == classifier.latency


@pytest.mark.parametrize("name", ["wine", "digits", "mnist-ge-2k", "mnist-tiny"])
def test_latency_of_what_ships_is_that_of_the_hardware(name):
    graph = passes.simplify(models.load(name))
    assert (
        sum(levels(graph).values()) == Classifier(graph, CompileOptions(levels_per_stage=1)).latency
    )


def test_examples_are_of_each_class_in_turn():
    examples = Examples(np.arange(8), np.array([1, 1, 1, 0, 2, 0, 1, 2])).of_each_class(5)
    assert examples.x.tolist() == [3, 0, 4, 5, 1]
    assert examples.y.tolist() == [0, 1, 2, 0, 1]
    assert len(Examples(np.arange(2), np.array([0, 0])).of_each_class(5).x) == 2


def test_examples_must_fit(folder):
    graph = random_graph((4,), 2, 1)
    wrong = Examples(np.zeros((1, graph.n_inputs + 1)), np.zeros(1, int))
    with pytest.raises(DataError, match="examples have shape"):
        formats.write(graph, "html", folder / "wrong.html", examples=wrong)
    wrong = Examples(np.zeros((1, graph.n_inputs)), np.array([2]))
    with pytest.raises(DataError, match="examples: labels reach 2"):
        formats.write(graph, "html", folder / "wrong.html", examples=wrong)


@needs_browser
@pytest.mark.xdist_group("browser")
class TestBrowser:
    """What takes a browser, which is started once."""

    @pytest.mark.parametrize(("name", "data"), [("digits", "digits"), ("wine", "wine")])
    def test_scores_of_test_samples(self, browser, folder, name, data):
        graph, x = models.load(name), datasets.load(data).x_test[:200]
        with opened(browser, graph, folder / "page.html") as page:
            np.testing.assert_array_equal(scored(page, x), software(graph, x))

    @pytest.mark.slow
    def test_scores_of_mnist(self, browser, folder):
        if not (Path(os.environ.get("LILOGIC_DATA", "")) / "MNIST").is_dir():
            pytest.skip("no MNIST in LILOGIC_DATA")
        data = datasets.load("mnist")
        graph, x, path = models.load("mnist-tiny"), data.x_test[:200], folder / "mnist.html"
        examples = Examples(data.x_test, data.y_test).of_each_class(20)
        with opened(browser, graph, path, examples) as page:
            np.testing.assert_array_equal(scored(page, x), software(graph, x))
        assert path.stat().st_size < 300_000
        with opened(browser, graph, path, writing={"simplify": False}) as page:
            np.testing.assert_array_equal(scored(page, x[:20]), software(graph, x[:20]))

    @pytest.mark.slow
    @settings(max_examples=20)
    @given(data=st.data())
    def test_scores_of_drawn_networks(self, browser, folder, data):
        """Encoders of every kind, or none; odd heads; and gates that nothing reads."""
        encoder = data.draw(st.one_of(st.none(), encoders(ranked=True)))
        graph = data.draw(graphs(encoder=encoder))
        x = random_bits(graph, 20) if encoder is None else random_raw(encoder, 20)
        examples = Examples(x[:2], np.zeros(2, int))
        simplify = data.draw(st.booleans())
        with opened(
            browser, graph, folder / "page.html", examples, writing={"simplify": simplify}
        ) as page:
            np.testing.assert_array_equal(scored(page, x), software(graph, x))
            page.locator("#examples button").first.click()
            assert shown(page) == software(graph, x[:1])[0].tolist()

    @pytest.mark.slow
    def test_it_can_be_used(self, browser, folder):
        """Draw, undo, pick a sample, step, look at a gate; on a phone, nothing is too wide."""
        graph, data = passes.simplify(models.load("digits")), datasets.load("digits")
        examples = Examples(data.x_test, data.y_test).of_each_class(10)
        phone = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
        with opened(browser, graph, folder / "page.html", examples, **phone) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            blank = software(graph, np.zeros((1, 8, 8), np.uint8))[0].tolist()
            page.locator("#clear").click()
            assert shown(page) == blank
            box = page.locator("#pad").bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x, y + box["height"] / 2, steps=4)
            page.mouse.up()
            strokes = page.evaluate("[...lilogic.app.input.raw]")
            assert 8 < max(strokes) <= 16
            assert shown(page) == software(graph, np.array(strokes).reshape(1, 8, 8))[0].tolist()
            page.locator("#undo").click()
            assert shown(page) == blank
            page.locator("#examples button").nth(4).click()
            assert shown(page) == software(graph, examples.x[4:5])[0].tolist()
            assert page.locator("#verdict").text_content() == "4"
            self._look_at_a_gate(page, graph, examples.x[4])
            self._step(page, graph)
            page.locator("#theme").click()
            assert page.locator("html").get_attribute("data-theme") == "light"

    @staticmethod
    def _look_at_a_gate(page, graph, sample):
        """By keyboard: its function, its value, and its wires, which lead on."""
        wall = page.locator(".wall canvas").nth(1)
        wall.focus()
        wall.press("ArrowRight")
        wall.press("ArrowDown")
        drawn(page)
        gate = int(re.fullmatch(r"Gate (\d+) ?[01]", page.locator("#node h2").inner_text())[1])
        node = graph.n_inputs + gate
        assert graph.levels[node] == 1
        values = golden.node_values(graph, graph.encoder.encode(sample[None]))[0]
        assert page.locator("#node-value").inner_text() == str(int(values[node]))
        symbol = page.locator("#node-function").inner_text().replace(" ", "")
        assert symbol == GATES[graph.op[gate]].symbol
        table = page.locator("#truth td:last-child").all_inner_texts()
        assert [*map(int, table)] == TRUTH[graph.op[gate]].tolist()
        a, b = int(graph.a[gate]), int(graph.b[gate])
        now = page.locator("#truth .now td").all_inner_texts()
        assert [*map(int, now)] == [values[a], values[b], values[node]]
        names = [input_names(graph)(wire) for wire in (a, b)]
        assert page.locator("#reads .chip").all_inner_texts() == names
        page.locator("#reads .chip").first.click()
        drawn(page)
        assert page.locator("#node-name").inner_text() == names[0]
        page.keyboard.press("Escape")
        page.locator("#node").wait_for(state="hidden")

    @staticmethod
    def _step(page, graph):
        page.locator("#levels-per-stage").fill("3")
        page.locator("#clock").fill("50")
        drawn(page)
        cycles = Classifier(graph, CompileOptions(levels_per_stage=3)).latency
        assert page.locator("#latency").inner_text() == f"{cycles} cycles = {20 * cycles} ns"
        page.locator("#first").click()
        drawn(page)
        assert {*page.locator("#lanes output").all_text_contents()} == {""}
        assert page.locator(".wall .count").first.inner_text() == str(
            graph.alive[: graph.n_inputs].sum()
        )
        page.locator("#forward").click()
        drawn(page)
        assert " of " in page.locator(".wall .count").first.inner_text()
        page.locator("#step").press("End")
        drawn(page)
        assert page.locator("#verdict").inner_text() == "4"

    @pytest.mark.slow
    def test_a_table_has_sliders(self, browser, folder):
        graph, data = models.load("wine"), datasets.load("wine")
        examples = Examples(data.x_test, data.y_test).of_each_class(3)
        with opened(browser, graph, folder / "page.html", examples) as page:
            changed = examples.x[:1].copy()
            changed[0, 6] = 0.123456789
            page.get_by_label("flavanoids, exact value").fill("0.123456789")
            assert shown(page) == software(graph, changed)[0].tolist()
            page.get_by_label("flavanoids", exact=True).press("Home")
            raw = np.array(page.evaluate("[...lilogic.app.input.raw]"))
            assert raw[6] < 0.2
            assert shown(page) == software(graph, raw[None])[0].tolist()
            page.locator("summary").click()
            page.locator("#numbers").fill("1, 2 x")
            page.locator("#use-numbers").click()
            assert "“x” is no number" in page.locator("#numbers-error").inner_text()
            page.locator("#numbers").fill(" ".join(map(str, examples.x[2])))
            page.locator("#use-numbers").click()
            assert shown(page) == software(graph, examples.x[2:])[0].tolist()

    @pytest.mark.slow
    def test_bits_are_clicked(self, browser, folder):
        graph = random_graph((12, 6), 3, 1)
        with opened(browser, graph, folder / "page.html", writing={"simplify": False}) as page:
            page.locator(".wall canvas").first.click(position={"x": 2, "y": 2})
            raw = np.array(page.evaluate("[...lilogic.app.input.raw]"))
            assert raw.sum() == 1
            assert shown(page) == software(graph, raw[None])[0].tolist()
            page.locator("#ones").click()
            assert shown(page) == software(graph, np.ones((1, graph.n_inputs)))[0].tolist()
