"""A network in a design of your own, in Amaranth: a sorter that counts bottles by cultivar."""

import re
import tempfile
from pathlib import Path

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.sim import Simulator, SimulatorContext

import lilogic
from lilogic.data import datasets
from lilogic.graph import passes
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import words
from lilogic.hdl.fpga import yosys
from lilogic.hdl.verilog import emit_component

model = lilogic.load("wine")  # 13 measurements of a wine, 3 cultivars
encoder = model.graph.encoder


class Gatherer(Component):
    """A sample of bytes, one for each measurement, of which the classifier reads the lowest bits.

    Attributes:
        measurements: in, bytes.
        samples: out, as ``Classifier`` takes them.
    """

    def __init__(self, samples: stream.Signature) -> None:
        super().__init__({"measurements": In(stream.Signature(8)), "samples": Out(samples)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        last = encoder.n_features - 1
        place, is_whole, sample = (
            Signal(range(last + 1)),
            Signal(),
            Signal(len(self.samples.payload)),
        )
        m.d.comb += [
            self.samples.valid.eq(is_whole),
            self.samples.payload.eq(sample),
            self.measurements.ready.eq(~is_whole | self.samples.ready),
        ]
        with m.If(self.samples.ready):
            m.d.sync += is_whole.eq(0)
        with m.If(self.measurements.valid & self.measurements.ready):
            m.d.sync += [place.eq(place + 1), is_whole.eq(place == last)]
            with m.If(place == last):
                m.d.sync += place.eq(0)
            for feature, word in enumerate(words(encoder)):
                with m.If(place == feature):
                    m.d.sync += sample[word.start : word.stop].eq(self.measurements.payload)
        return m


class Sorter(Component):
    """Counts bottles by cultivar.

    Attributes:
        measurements: in, bytes, 13 of each bottle.
        counts: out, how many bottles of each cultivar there were.
    """

    def __init__(self) -> None:
        self.classifier = Classifier(passes.simplify(model.graph))
        super().__init__(
            {
                "measurements": In(stream.Signature(8)),
                "counts": Out(data.ArrayLayout(16, model.graph.n_classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.classifier = classifier = self.classifier
        m.submodules.gatherer = gatherer = Gatherer(classifier.samples.signature.flip())
        connect(m, flipped(self.measurements), gatherer.measurements)
        connect(m, gatherer.samples, classifier.samples)
        # Results must be taken as they come: where something may have to wait, put a queue here,
        # or use lilogic.hdl.bus.stream.StreamClassifier, which has one.
        with m.If(classifier.results.valid):
            count = self.counts[classifier.results.payload.index]
            m.d.sync += count.eq(count + 1)
        return m


# Simulate it with the wines of the test set, whose measurements become small integers first.
wines = datasets.load("wine").x_test
sent = encoder.features(wines)  # [samples, 13]
sorter = Sorter()


async def testbench(ctx: SimulatorContext) -> None:
    """Send all wines, and compare the counts with those of software."""
    ctx.set(sorter.measurements.valid, 1)
    for measurement in sent.ravel().tolist():
        ctx.set(sorter.measurements.payload, measurement)
        await ctx.tick().until(sorter.measurements.ready)
    ctx.set(sorter.measurements.valid, 0)
    await ctx.tick().repeat(sorter.classifier.latency + 2)
    counts = [ctx.get(sorter.counts[cultivar]) for cultivar in range(3)]
    assert counts == np.bincount(model.predict(wines), minlength=3).tolist()
    print(f"{len(wines)} bottles, by cultivar: {counts}, as software says")


simulator = Simulator(sorter)
simulator.add_clock(1e-8)
simulator.add_testbench(testbench)
simulator.run()

# Synthesize it, for an iCE40 here; Amaranth's platforms do that too, and make the bitstream.
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "sorter.v").write_text(emit_component(Sorter(), "sorter"))
    log = yosys.run("read_verilog sorter.v\nsynth_ice40 -top sorter\nstat", Path(folder))
print({cell: int(count) for count, cell in re.findall(r"(\d+) +(SB_\w+)", log)})
