"""Running nextpnr: shell scripts stand for it."""

import pytest

from lilogic.errors import DoesNotFitError, ToolError
from lilogic.hdl.fpga import nextpnr
from lilogic.hdl.fpga.families import FAMILIES

ICE40, XC7 = FAMILIES["ice40"], FAMILIES["xc7"]


def run_as_nextpnr(text, folder, monkeypatch):
    (folder / "nextpnr.sh").write_text(text)
    monkeypatch.setenv("NEXTPNR_ICE40", f"sh {folder / 'nextpnr.sh'}")


def test_the_report_is_what_nextpnr_wrote(tmp_path, monkeypatch):
    run_as_nextpnr(
        'echo "$@" > arguments; echo \'{"fmax": {}}\' > report.json', tmp_path, monkeypatch
    )
    assert nextpnr.route(tmp_path, ICE40, ("--hx8k",)) == {"fmax": {}}
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[0] == "--hx8k"
    assert {"--seed", "--timing-allow-fail", "--router", "router2"} <= {*arguments}


@pytest.mark.parametrize(
    "said",
    [
        "no BELs remaining to implement cell type",
        "Unable to find legal placement for all cells",
        "Device utilization is too high",
        "failed to place chain",
    ],
)
def test_a_lack_of_room_is_told_from_other_failures(said, tmp_path, monkeypatch):
    run_as_nextpnr(f"echo 'ERROR: {said}'; exit 1", tmp_path, monkeypatch)
    with pytest.raises(DoesNotFitError, match=f"^{said}$"):
        nextpnr.route(tmp_path, ICE40, ())
    run_as_nextpnr("echo 'ERROR: out of memory'; exit 1", tmp_path, monkeypatch)
    with pytest.raises(ToolError, match=r"nextpnr-ice40 failed in .*: ERROR: out of memory"):
        nextpnr.route(tmp_path, ICE40, ())


def test_a_family_without_place_and_route(tmp_path):
    with pytest.raises(ToolError, match="no program on PyPI places and routes xc7"):
        nextpnr.route(tmp_path, XC7, ())
