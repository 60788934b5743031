"""Resubstitution: a gate's function made anew, by fewer gates, of nodes that are there anyway.

Each gate is looked at in a window (``windows``): some leaves, what stands between them and the
gate, what else can be said of the leaves, and what is behind the gate as far as it reads nothing
but the window. Truth tables over the leaves tell where the gate's value matters: not for leaves
that never occur together, nor where nothing behind the gate changes with it. A function of one to
three other nodes that agrees with the gate where it matters is put in its place (``search``), and
what only the old one needed goes (``network``).
"""

from __future__ import annotations

from dataclasses import replace

from lilogic.graph.gate_graph import GateGraph
from lilogic.graph.resubstitution import network, search, windows

__all__ = ["resubstitute"]


def resubstitute(graph: GateGraph, behind: int) -> GateGraph:
    """A graph with the same scores for every sample, and fewer gates where that is found.

    If the graph has an encoder, it may differ for bits that the encoder never makes: of two
    thresholds of one feature, the lower one is exceeded wherever the higher one is. Constants,
    buffers and inverters are left behind for other passes. No gate gets deeper. Roots stay roots,
    though what stands between them may read more than before.

    Args:
        graph: the graph; simplify it first.
        behind: how many gates far to look for where a gate's value matters; 0 takes it to matter
            everywhere, but leaves more room in the window for what is before the gate.
    """
    net = network.of(graph)
    search.sweep(net, windows.empty(len(net.op)), behind)
    op, a, b, number = network.gates(net)
    known = network.ids(graph)
    roots = known[graph.roots]
    return replace(
        graph,
        op=op,
        a=a,
        b=b,
        roots=number[roots[net.op[roots] != network.NOTHING]],
        head_nodes=number[known[graph.head_nodes]],
    )
