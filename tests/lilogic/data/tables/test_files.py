"""Tables in files: the same rows whatever the format, one line about anything else."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas
import pytest

from lilogic.data.tables import files
from tests.lilogic.data.files import read_or_refuse, refused

ROWS = pandas.DataFrame(
    {"a": [1.5, np.nan, 3.0], "b": ["x", "yz", None], "n": [1, 2, 3], "c": ["u", "v", "u"]}
)

ARFF = """\
% a comment
@relation rows
@attribute a numeric
@attribute b {x,yz}
@attribute n integer
@attribute c {u,v}
@data
1.5,x,1,u
?,yz,2,v
3.0,?,3,u
"""


def written(folder: Path, kind: str) -> Path:
    path = folder / f"rows{kind}"
    plain = kind.removesuffix(".gz")
    if plain in (".csv", ".TSV", ".tab"):
        separator = "," if plain == ".csv" else "\t"
        text = ROWS.to_csv(sep=separator, index=False).encode()
    elif plain == ".arff":
        text = ARFF.encode()
    else:
        ROWS.to_parquet(path)
        return path
    path.write_bytes(gzip.compress(text) if kind.endswith(".gz") else text)
    return path


@pytest.mark.parametrize(
    "kind", [".csv", ".csv.gz", ".TSV", ".tab", ".parquet", ".pq", ".arff", ".arff.gz"]
)
def test_files_of_all_kinds_hold_the_same_rows(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    assert files.is_table(path)
    found = files.read(path)
    assert [*found.columns] == [*ROWS.columns]
    np.testing.assert_array_equal(found["a"], ROWS["a"])
    np.testing.assert_array_equal(found["n"], ROWS["n"])
    for name in ("b", "c"):
        assert found[name].isna().tolist() == ROWS[name].isna().tolist()
        assert found[name].dropna().tolist() == ROWS[name].dropna().tolist()


@pytest.mark.parametrize(
    "text",
    [
        b"a,b\n1,x\n2,y\n",
        b"a,b\r\n1,x\r\n2,y",
        b"a;b\r1;x\r2;y\r",
        b"\xef\xbb\xbfa|b\n1|x\n2|y\n",
        "\ufeffa\tb\n1\tx\n2\ty\n".encode("utf-16-le"),
        b'\n\n"a", b ,\n 1, x ,\n"2",y,\n',
        b"a,b\n\n1,x\n\n2,y\n",
    ],
)
def test_ways_to_write_a_table_as_text(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text)
    found = files.read(path)
    assert (found["a"].tolist(), found["b"].tolist(), len(found.columns)) == ([1, 2], ["x", "y"], 2)


@pytest.mark.parametrize("kind", [".csv.gz", ".parquet", ".arff"])
def test_files_that_are_cut_short_give_one_line(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    data = path.read_bytes()
    for length in range(0, len(data), 1 + len(data) // 50):
        path.write_bytes(data[:length])
        read_or_refuse(path, files.read)


def test_arff_of_text_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "rows.arff"
    path.write_text("@relation r\n@attribute a string\n@attribute b {x,y}\n@data\nq,x\n")
    with refused(f"{path}: unsupported kind of ARFF", "save it as CSV"):
        files.read(path)
