"""Where boxes of a picture stand, and how wires go between them, never behind one.

Boxes stand in columns. A wire that goes past a column has a lane of its own there, between boxes,
which all readers of one source share (Sugiyama's method).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

Place = tuple[str, int]
"""A box or the lane of a source, by name and column."""

Height = Callable[[Place], int]

_SWEEPS = 12
_GAP = 8
"""Pixels between what stands one above the other."""

_LANE = 2
"""Height of a lane."""


def rows(
    columns: Mapping[str, int], heights: Mapping[str, int], wires: Sequence[tuple[str, str]]
) -> dict[Place, float]:
    """The vertical centre of each box and lane, in pixels, from 0 on.

    Args:
        columns: each box's column.
        heights: each box's height.
        wires: names of boxes, each from one column to a later one.

    Returns:
        Centres of boxes at their column, and of lanes at every column that a wire goes past.
    """
    after = _neighbours(columns, wires)
    before: defaultdict[Place, list[Place]] = defaultdict(list)
    for place, followers in after.items():
        for follower in followers:
            before[follower].append(place)
    count = max(columns.values()) + 1
    order: list[list[Place]] = [[] for _ in range(count)]
    for place in after:
        order[place[1]].append(place)

    def height(place: Place) -> int:
        return heights[place[0]] if columns[place[0]] == place[1] else _LANE

    centre: dict[Place, float] = {}
    for column in order:
        _stack(column, [0.0] * len(column), height, centre)
    # First towards what is read, then towards readers, and so on: shorter wires cross less.
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for column in order if forward else reversed(order):
            wish = {
                place: sum(centre[other] for other in near[place]) / len(near[place])
                if near[place]
                else centre[place]
                for place in column
            }
            # The order settles first; then only places move.
            if sweep < _SWEEPS - 4:
                column.sort(key=wish.__getitem__)
            _stack(column, [wish[place] for place in column], height, centre)
    top = min(centre[place] - height(place) / 2 for place in centre)
    return {place: row - top for place, row in centre.items()}


def _neighbours(
    columns: Mapping[str, int], wires: Sequence[tuple[str, str]]
) -> dict[Place, list[Place]]:
    """What follows each box or lane in the next column."""
    after: dict[Place, list[Place]] = {place: [] for place in columns.items()}
    for source, target in wires:
        place = source, columns[source]
        for column in range(columns[source] + 1, columns[target]):
            lane = source, column
            if lane not in after:
                after[lane] = []
                after[place].append(lane)
            place = lane
        after[place].append((target, columns[target]))
    return after


def _stack(
    column: Sequence[Place], wish: Sequence[float], height: Height, centre: dict[Place, float]
) -> None:
    """Set the centres in a column as near to their wishes as their order and heights allow."""
    sizes = [height(place) + _GAP for place in column]
    # How far each is from the first one, where there are no gaps but the least.
    offsets = [end - size / 2 for end, size in zip(accumulate(sizes), sizes, strict=True)]
    # Isotonic regression: neighbours whose wishes are in the wrong order share their mean.
    blocks: list[tuple[float, int]] = []
    for aim, offset in zip(wish, offsets, strict=True):
        total, members = aim - offset, 1
        while blocks and blocks[-1][0] * members > total * blocks[-1][1]:
            more, others = blocks.pop()
            total, members = total + more, members + others
        blocks.append((total, members))
    starts = [total / members for total, members in blocks for _ in range(members)]
    for place, start, offset in zip(column, starts, offsets, strict=True):
        centre[place] = start + offset
