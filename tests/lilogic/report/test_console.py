import io

import pytest
from rich.console import Console

from lilogic.report import console


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_step_tells_what_goes_on(monkeypatch, is_terminal):
    written = io.StringIO()
    messages = Console(file=written, force_terminal=is_terminal, width=200)
    monkeypatch.setattr(console, "messages", messages)
    monkeypatch.setattr(console, "_NEWS_EVERY", 0)
    with console.step("placing [for 60 MHz]") as tell:
        tell("iteration [1]")
        tell("iteration [2]")
    text = written.getvalue()
    assert "placing [for 60 MHz]" in text
    assert "iteration [2]" in text
    assert not is_terminal or "\x1b[" in text
    if not is_terminal:
        first, second, last = text.splitlines()
        assert first == "placing [for 60 MHz]: 0 s, iteration [1]"
        assert second == "placing [for 60 MHz]: 0 s, iteration [2]"
        assert last.startswith("placing [for 60 MHz]: 0.")


def test_news_are_not_told_too_often(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=written))
    with console.step("placing") as tell:
        for number in range(1000):
            tell(f"iteration {number}")
    assert len(written.getvalue().splitlines()) == 1


def test_nothing_of_a_name_is_cut_off(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(console, "results", Console(file=written, width=40))
    console.show("a title", [("name" * 30, "value" * 30)])
    first, second = zip(
        *(line.split("│")[1:3] for line in written.getvalue().splitlines() if "│" in line),
        strict=True,
    )
    assert "".join(cell.strip() for cell in first) == "name" * 30
    assert "".join(cell.strip() for cell in second) == "value" * 30
