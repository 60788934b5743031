"""Codes of features in C: what hardware with narrow words reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.levels import Levels
from lilogic.formats.exporters.c.tables import smallest, table_of


def declaration(ctype: str, levels: Levels) -> str:
    """The lines of the header on ``net_port``, for samples of values of a type."""
    return f"""
/* What hardware that was compiled with narrow words reads at its port "features": of each feature,
 * how many of its levels it exceeds, in as many bits as that number needs, one after the other.
 * Bit i of the port is bit i % 8 of port[i / 8]. */
#define NET_PORT_BYTES {max(1, -(-sum(levels.bits) // 8))}
void net_port(const {ctype} sample[NET_VALUES], uint8_t port[NET_PORT_BYTES]);
"""


def tables(levels: Levels, places: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """The tables of ``net_port``; none where nothing is coded.

    They have where each coded feature stands, the number behind its last level, and all levels.

    Args:
        levels: of each feature.
        places: int64 [features, or more], where each stands in ``x``.
    """
    coded = {feature: of for feature, of in enumerate(levels.of) if of}
    if not coded:
        return {}
    return {
        "coded": smallest(places[[*coded]]),
        "level_end": smallest(np.cumsum([*map(len, coded.values())])),
        "level": smallest(np.concatenate([*coded.values()])),
    }


def function(ctype: str, wide: str, prepare: str, of: Mapping[str, npt.NDArray[Any]]) -> str:
    """The function ``net_port`` and its tables.

    Args:
        ctype: the type of a value.
        wide: a type that holds all values and levels.
        prepare: statements that make features ``x`` of ``sample``.
        of: what ``tables`` gives.
    """
    made, loop = "    (void)sample;", ""
    if of:
        made = f"    int32_t place = 0;\n{prepare}"
        loop = f"""
    for (int32_t i = 0, level = 0; i < {len(of["coded"])}; i++) {{
        const int32_t first = level;
        int32_t code = 0;
        for (; level < net_level_end[i]; level++)
            code += ({wide})x[net_coded[i]] > ({wide})net_level[level];
        for (int bit = 0; (level - first) >> bit; bit++, place++)
            port[place / 8] = (uint8_t)(port[place / 8] | (code >> bit & 1) << place % 8);
    }}"""
    parts = [table_of(f"net_{name}", table, str(len(table))) for name, table in of.items()]
    whole = f"""\
void net_port(const {ctype} sample[NET_VALUES], uint8_t port[NET_PORT_BYTES])
{{
{made}
    for (int32_t i = 0; i < NET_PORT_BYTES; i++)
        port[i] = 0;{loop}
}}
"""
    return "\n".join([*parts, whole])
