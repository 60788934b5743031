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
    assert nextpnr.route(tmp_path, ICE40, ("--hx8k",)) == ({"fmax": {}}, nextpnr.SEED)
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


ROUTER2 = "Info:     iter={} wires=35485 overused={} overuse=1018 archfail=NA"
ROUTER1 = "Info:    {}000 |    112        800 |   112   800 |   {}|       0.40       1.20|"


def stuck(line, begin=9, left=2):
    """What a router says that gets no further than ``left`` conflicts, and never ends."""
    said = [line.format(number, max(left, begin - number)) for number in range(nextpnr.PATIENCE)]
    return "\n".join(["cat <<.", *said, ".", f"while true; do echo '{said[-1]}'; done"])


@pytest.mark.parametrize("line", [ROUTER2, ROUTER1])
def test_a_router_that_gets_no_further_is_stopped(line, tmp_path, monkeypatch):
    run_as_nextpnr(f'echo "$@" >> arguments\n{stuck(line)}', tmp_path, monkeypatch)
    with pytest.raises(nextpnr.UnroutedError, match="router stopped with 2 conflicts left"):
        nextpnr.route(tmp_path, ICE40, ())
    calls = (tmp_path / "arguments").read_text().splitlines()
    assert [call.split()[-1] for call in calls] == ["1", "1", "2", "2", "3", "3"]
    assert ["--router router2" in call for call in calls] == 3 * [True, False]


def test_the_default_router_is_taken_where_another_is_stuck(tmp_path, monkeypatch):
    text = f"""
case "$*" in *router2*) {stuck(ROUTER2)}
;; esac
echo '{{"fmax": {{}}}}' > report.json"""
    run_as_nextpnr(text, tmp_path, monkeypatch)
    assert nextpnr.route(tmp_path, ICE40, ()) == ({"fmax": {}}, nextpnr.SEED)


def test_another_seed_is_taken_where_one_is_stuck(tmp_path, monkeypatch):
    text = f"""
case "$*" in *"--seed {nextpnr.SEED + 1}") echo '{{"fmax": {{}}}}' > report.json; exit;; esac
{stuck(ROUTER2)}"""
    run_as_nextpnr(text, tmp_path, monkeypatch)
    assert nextpnr.route(tmp_path, ICE40, ()) == ({"fmax": {}}, nextpnr.SEED + 1)


def test_a_router_that_gets_further_is_not_stopped(tmp_path, monkeypatch):
    fewer = [ROUTER2.format(number, 9999 - number // 50) for number in range(2000)]
    again = ["Info: Running router1 to check that route is legal...", ROUTER1.format(0, 12000)]
    said = "\n".join([*fewer, *again * 2, ROUTER1.format(1, 0)])
    text = f"cat <<.\n{said}\n.\necho '{{}}' > report.json"
    run_as_nextpnr(text, tmp_path, monkeypatch)
    assert nextpnr.route(tmp_path, ICE40, ()) == ({}, nextpnr.SEED)


def test_a_family_without_place_and_route(tmp_path):
    with pytest.raises(ToolError, match="no program on PyPI places and routes xc7"):
        nextpnr.route(tmp_path, XC7, ())
