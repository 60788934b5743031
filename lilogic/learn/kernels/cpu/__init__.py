"""Soft and hard layers on the CPU, in numba."""

from lilogic.learn.kernels.cpu.conv import convolution
from lilogic.learn.kernels.cpu.dense import layer
from lilogic.learn.kernels.cpu.hard import gates

__all__ = ["convolution", "gates", "layer"]
