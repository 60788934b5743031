"""Known tables: those that scikit-learn brings along, and those of which users have copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lilogic.data.fetch import ENVIRONMENT, data_root
from lilogic.data.settings import DataSettings
from lilogic.errors import DataError
from lilogic.extras import needs

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset

_SUFFIXES = (".csv", ".csv.gz", ".parquet", ".arff", ".arff.gz")


@dataclass(frozen=True)
class Shipped:
    """A table that scikit-learn brings along.

    Attributes:
        loader: the function of ``sklearn.datasets`` that gives it.
        label: what the column with the classes is called.
    """

    loader: str
    label: str

    def __call__(self, name: str, settings: DataSettings) -> Dataset:
        """The data set; needs pandas, as tables do."""
        from lilogic.data.tables import build

        with needs("train", "scikit-learn"):
            from sklearn import datasets
        with needs("tables", "pandas"):
            import pandas
        found = getattr(datasets, self.loader)()
        rows = pandas.DataFrame(found.data, columns=[*found.feature_names])
        rows[self.label] = found.target_names[found.target]
        return build.dataset(name, rows, _labelled(settings, self.label))


@dataclass(frozen=True)
class Copied:
    """A table of which users have a copy, in ``$LILOGIC_DATA/NAME``.

    Attributes:
        files: what it may be called, before one of the suffixes; where the rows for testing are in
            a file of their own, both names.
        label: the column with the classes.
        source: what it is called elsewhere, and where that is.
        drop: columns that are no features, where the copy has them.
    """

    files: tuple[tuple[str] | tuple[str, str], ...]
    label: str
    source: str
    drop: tuple[str, ...] = ()

    def __call__(self, name: str, settings: DataSettings) -> Dataset:
        """The data set in the user's copy.

        Raises:
            DataError: there is no copy; says where to put it.
        """
        from lilogic.data.tables import build, files

        train, *test = self._find(name)
        rows = files.read(train)
        told = _labelled(settings, self.label, [each for each in self.drop if each in rows])
        apart = files.read(test[0]) if test else None
        return build.dataset(name, rows, told, apart)

    def _find(self, name: str) -> list[Path]:
        """The file of the copy, or that for training and that for testing."""
        root = data_root()
        folders = (
            [each for each in root.glob("*") if _plain(each.name) == _plain(name)] if (root) else []
        )
        there = {
            _spelled(path.name): path for folder in folders for path in sorted(folder.glob("*"))
        }
        for stems in self.files:
            found = [_first(there, stem) for stem in stems]
            if all(found):
                return [path for path in found if path]
        names = ", or ".join(" and ".join(stems) for stems in self.files)
        raise DataError(
            f"{name}: not found; get {self.source} and put it in "
            f"{Path('$' + ENVIRONMENT) / name}, called {names}, with the suffix "
            f"{', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}"
            + ("" if root else f"; set {ENVIRONMENT} to a folder of data sets")
        )


def _first(there: dict[str, Path], stem: str) -> Path | None:
    """The first file of this stem, in the order of the suffixes."""
    spelled = (_spelled(stem + suffix) for suffix in _SUFFIXES)
    return next((there[each] for each in spelled if each in there), None)


def _spelled(file: str) -> str:
    """What spellings of a file's name have in common; its suffixes stay."""
    stem, dot, suffix = file.lower().partition(".")
    return _plain(stem) + dot + suffix


def _plain(name: str) -> str:
    """What spellings of a name have in common."""
    return "".join(character for character in name.lower() if character.isalnum())


def _labelled(settings: DataSettings, label: str, drop: list[str] | None = None) -> DataSettings:
    """The settings, with what is known of the table where they do not say otherwise."""
    return settings.model_copy(
        update={"label": settings.label or label, "drop": [*settings.drop, *(drop or [])]}
    )


TABLES: dict[str, Shipped | Copied] = {
    "wine": Shipped("load_wine", "cultivar"),
    "breast-cancer": Shipped("load_breast_cancer", "diagnosis"),
    "dry-bean": Copied(
        (("dry_bean",), ("Dry_Bean_Dataset",)),
        "Class",
        "the Dry Bean data set of the UCI Machine Learning Repository",
    ),
    "jsc-openml": Copied(
        (("jsc_openml",), ("hls4ml_lhc_jets_hlf",)),
        "class",
        "hls4ml_lhc_jets_hlf (42468) of OpenML",
    ),
    "jsc-cernbox": Copied(
        (("jsc_cernbox",), ("jsc_cernbox_train", "jsc_cernbox_test")),
        "class",
        "the jets of CERNBox as a table of their 16 features and a column class",
    ),
    "unsw-nb15": Copied(
        (("UNSW_NB15_training-set", "UNSW_NB15_testing-set"), ("unsw_nb15",)),
        "label",
        "the training and the testing set of UNSW-NB15 of UNSW Canberra",
        drop=("id", "attack_cat"),
    ),
}
"""Loaders by name."""
