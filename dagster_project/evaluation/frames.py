"""Arrays as the columns of a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dagster_project.scoring.normalise import Booleans, Integers


def text(names: Sequence[str | None] | npt.NDArray[Any], codes: Integers) -> pd.Series:
    """The name of each code; none for a negative code. Names are few, so millions of cells cost little."""
    kinds = pa.array([*names, None], pa.large_string())
    return pd.Series(pd.array(kinds.take(pa.array(np.where(codes >= 0, codes, len(names)))), dtype="str"))


def whole(numbers: Integers, there: Booleans) -> pd.Series:
    """Whole numbers, none where they are not there."""
    return pd.Series(pd.arrays.IntegerArray(np.asarray(numbers, dtype=np.int64), ~there))


def stack(frames: list[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """The frames below each other, with the declared columns and types, whether there are any rows or not."""
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))
    return found[list(columns)].astype(dict(columns))
