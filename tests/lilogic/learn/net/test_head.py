"""The head counts each class's share of the gates."""

from __future__ import annotations

import torch

from lilogic.learn.net.head import GroupSum


def test_group_sum_sums_each_class_and_divides_by_tau() -> None:
    y = torch.arange(12.0).view(6, 2)  # six gates, two samples
    scores = GroupSum(3, 4.0)([y])
    assert torch.equal(scores, torch.tensor([[2.0, 4.0], [10.0, 12.0], [18.0, 20.0]]).T / 4)
    assert torch.equal(GroupSum(3, 4.0)([y, y[[1, 3, 5]]]), scores + y[[1, 3, 5]].T / 4)
