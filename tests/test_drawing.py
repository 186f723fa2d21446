"""The preparation of drawing comes with the first import of pyplot, whoever imports it, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = "import sys; from fanecon.report.runner.drawing import prepare_when_drawing; prepare_when_drawing()\n"
TOLD = "import matplotlib; print(matplotlib.rcParams['text.parse_math'], 'fanecon.plots' in sys.modules)"


def told(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "code",
    [
        "import matplotlib.pyplot as plt\n",
        "from matplotlib import pyplot\n",
        "import seaborn\n",
        "import pandas; pandas.Series([1, 2]).plot()\n",
        "prepare_when_drawing(); import fanecon as fe; fe.plots.axes(None)\n",
    ],
)
def test_a_process_that_can_draw_is_prepared(code: str) -> None:
    assert told(START + code + TOLD) == "False True"


def test_a_process_that_draws_later_than_it_asks_is_prepared_at_once() -> None:
    assert told("import matplotlib.pyplot\n" + START + TOLD) == "False True"


def test_a_process_that_draws_nothing_loads_nothing() -> None:
    assert told(START + "print([one for one in ('matplotlib', 'fanecon.plots') if one in sys.modules])") == "[]"
    assert told(START + TOLD) == "True False"
