"""Time the self-exciting fit against its peers: ``python benchmarks/hawkes.py 1e6 --python peers/bin/python``.

One stream of N events, and N/10 cascades of about 100 events, drawn from background 0.5, branching ratio 0.6 and decay
1.5.  Prints one JSON line: CPU seconds, the parameters each found, ratios.  Compilation is outside the clock and
reported.  Peers live in an environment of their own (``python -m venv peers; peers/bin/pip install hawkesbook
HawkesPyLib Hawkes``) named by ``--python``; one that is missing is skipped with a notice.  hawkesbook fits a sample of
the cascades, scaled to all of them.

Every process is held to one thread, so that CPU seconds are seconds of work.  fanecon is timed twice on the cascades:
the fit alone (what the peers give), and with intervals and goodness of fit.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from alone import measured

HERE = Path(__file__).resolve().parent
SAMPLE = 1000

COMMON = """
import json, sys, time
import numpy as np
folder = sys.argv[1]
stream, end = np.load(folder + "/stream.npy"), float(np.load(folder + "/end.npy"))
def timed(call, repeats=3):
    start = time.process_time(); call(); first = time.process_time() - start
    best = None
    for _ in range(repeats):
        start = time.process_time(); found = call(); took = time.process_time() - start
        best = took if best is None else min(best, took)
    return found, best, max(0.0, first - best)
def told(found, took, warm, **more):
    background, ratio, decay = map(float, found)
    print(json.dumps({"cpu_seconds": took, "compile_seconds": warm, "background": background,
                      "branching_ratio": ratio, "decay": decay, **more}))
"""

FANECON = """
import pandas as pd
import fanecon as fe
events = pd.DataFrame({"time": stream})
fit, took, warm = timed(lambda: fe.fit_self_exciting(events, end=end))
bare, alone, _ = timed(lambda: fe.fit_self_exciting(events, end=end, level=None))
told((fit.background, fit.branching_ratio.estimate, fit.decay), took, warm, fit_alone_cpu_seconds=alone,
     low=fit.branching_ratio.low, high=fit.branching_ratio.high)
"""

CASCADES = """
import os
import pandas as pd
import fanecon as fe
many = pd.DataFrame({"cascade_id": np.load(folder + "/cascade.npy"), "time": np.load(folder + "/times.npy")})
window = float(np.load(folder + "/window.npy"))
fe.fit_self_exciting(many.head(1000), end=window)
alone, took_alone, _ = timed(lambda: fe.fit_self_exciting(many, end=window, level=None), 2)
full, took, _ = timed(lambda: fe.fit_self_exciting(many, end=window), 2)
np.save(folder + "/likelihood.npy", full.table["log_likelihood"].to_numpy())
print(json.dumps({"cpu_seconds": took_alone, "with_intervals_cpu_seconds": took, "events": len(many),
                  "median_branching_ratio": full.branching_ratio.estimate,
                  "not_estimable": int((full.table["reason"] != "").sum())}))
"""

PEERS = {
    "hawkesbook": """
from hawkesbook import hawkes as hb
found, took, warm = timed(lambda: hb.exp_mle_with_grad(stream, end))
told((found[0], found[1] / found[2], found[2]), took, warm)
""",
    "HawkesPyLib": """
from HawkesPyLib.inference import ExpHawkesProcessInference
import HawkesPyLib.inference as inference
def fit():
    inference.rng = np.random.default_rng(1)
    one = ExpHawkesProcessInference(); one.estimate(stream, end)
    return one.mu, one.eta, 1 / one.theta
told(*timed(fit))
""",
    "Hawkes": """
import Hawkes as hk
def fit():
    model = hk.estimator(); model.set_kernel("exp", num_exp=1); model.set_baseline("const"); model.fit(stream, [0, end])
    return float(model.para["mu"]), float(np.ravel(model.para["alpha"])[0]), float(np.ravel(model.para["beta"])[0])
told(*timed(fit))
""",
}

BOOK_CASCADES = """
from hawkesbook import hawkes as hb
parts = np.split(np.load(folder + "/times.npy"), np.load(folder + "/cuts.npy"))
window, sample = float(np.load(folder + "/window.npy")), int(sys.argv[2])
hb.exp_mle_with_grad(parts[0], window)
def fit():
    return [hb.exp_mle_with_grad(part, window) for part in parts[:sample]]
found, took, _ = timed(fit, 2)
level = [float(hb.exp_log_likelihood(part, window, law)) for part, law in zip(parts, found)]
np.save(folder + "/book.npy", np.array(level))
print(json.dumps({"sample": sample, "sample_cpu_seconds": took}))
"""


def drawn(folder: Path, events: int) -> int:
    """Write the stream and the cascades; gives the number of cascades."""
    import fanecon as fe

    end, cascades = events / 1.25, max(10, events // 10)
    law = {"branching_ratio": 0.6, "decay": 1.5}
    stream = fe.simulate_self_exciting(0.5, **law, end=end, seed=1)
    many = fe.simulate_self_exciting(0.5, **law, end=80.0, cascades=cascades, seed=2)
    ids = many["cascade_id"].to_numpy()
    kept = {"stream": stream["time"], "end": end, "cascade": ids, "times": many["time"], "window": 80.0}
    kept["cuts"] = np.searchsorted(ids, np.arange(1, cascades))
    for name, values in kept.items():
        np.save(folder / f"{name}.npy", np.asarray(values))
    return cascades


def versions(python: str) -> dict[str, str]:
    listed = "{d.metadata['Name']: d.version for d in m.distributions()}"
    code = f"import importlib.metadata as m, json; print(json.dumps({listed}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout) if done.returncode == 0 else {}
    low = {name.lower(): number for name, number in found.items() if name}
    return {name: low[name.lower()] for name in PEERS if name.lower() in low}


def streams(folder: str, python: str) -> dict[str, object]:
    own = measured(sys.executable, COMMON + FANECON, folder)
    assert own is not None
    told: dict[str, object] = {"fanecon": own}
    for name, code in PEERS.items():
        found = measured(python, COMMON + code, folder) if python else None
        if found is None:
            print(f"{name} is not there or failed: skipped", file=sys.stderr)
            continue
        told[name] = found
        told[f"{name}_over_fanecon"] = found["cpu_seconds"] / own["cpu_seconds"]
        told[f"{name}_over_fanecon_fit_alone"] = found["cpu_seconds"] / own["fit_alone_cpu_seconds"]
    return told


def many(folder: str, python: str, cascades: int) -> dict[str, object]:
    own = measured(sys.executable, COMMON + CASCADES, folder)
    assert own is not None
    told: dict[str, object] = {"cascades": cascades, "fanecon": own}
    book = measured(python, COMMON + BOOK_CASCADES, folder, str(min(SAMPLE, cascades))) if python else None
    if book is None:
        return told
    scaled = book["sample_cpu_seconds"] * cascades / book["sample"]
    gap = np.load(f"{folder}/likelihood.npy")[: int(book["sample"])] - np.load(f"{folder}/book.npy")
    told["hawkesbook"] = {**book, "scaled_cpu_seconds": scaled}
    told["hawkesbook_over_fanecon"] = scaled / own["cpu_seconds"]
    told["hawkesbook_over_fanecon_with_intervals"] = scaled / own["with_intervals_cpu_seconds"]
    told["peaks_where_hawkesbook_is_lower"] = float((gap > 1e-4).mean())
    told["peaks_where_fanecon_is_lower"] = float((gap < -1e-4).mean())
    told["lowest_and_highest_difference"] = [float(np.nanmin(gap)), float(np.nanmax(gap))]
    return told


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("events", type=float)
    arguments.add_argument("--python", default="", help="interpreter of the environment that holds the peers")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cascades = drawn(Path(folder), int(asked.events))
        told = {
            "events": int(asked.events),
            "stream": streams(folder, asked.python),
            "cascades": many(folder, asked.python, cascades),
        }
    peers = versions(asked.python) if asked.python else {}
    own = {name: version(name) for name in ("numba", "numpy")}
    print(
        json.dumps(
            {**{key: rounded(one) for key, one in told.items()}, "python": platform.python_version(), **own, **peers}
        )
    )


if __name__ == "__main__":
    main()
