"""Time and judge the graph detectors of the hunters: ``python benchmarks/lockstep.py 1e6``.

About EDGES acts of heavy-tailed accounts on Zipf items with a planted block, 200 x 100 at 1e5 edges, its sides growing
with the cube root of the edges, and as much camouflage on popular items as acts inside.  Prints one JSON line:

- `times` (CPU seconds) of `densest_block` and of rgmining-fraudar on the same edges at block density 0.5, their
  `ratio`, their `densities`, `same_block`, and what each added to the memory it held with its input (`peak_mb`).
- `f1` at block density 0.5, `f1_low` at 0.1, `f1_communities` at 0.1 with 30 % of the acts inside genuine communities:
  accounts of the first block in the list of `find_lockstep` (no times given) against those planted, the least of
  `seeds` tables.  `f1_timed`: the same at 0.05 with 60 % in communities and times given.
- `null_blocks`: in how many of 100 degree-preserving shuffles any block was found, half of them of the table with
  density 0.5, half of that with 0.1, at `null_edges` (at most 1e6; at 1e7, 20 s each, 20 were tried: none had one).

The peer is GPL-3 and lives in an environment of its own: the one named by ``--python``, this one if it has it, else
.peers, which is made from requirements-peers.lock at the first run.  Where it is not to be had, `ratio` is null and
`absent` says so.  Each contender runs in a process of its own, held to one thread; compilation is outside the clock.
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

from alone import measured

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".peers"
LOCK = HERE.parent / "requirements-peers.lock"
MOST_NULL, SHUFFLES = 1_000_000, 100

COMMON = """
import contextlib, io, json, re, sys, time
import numpy as np
folder, edges = sys.argv[1], int(sys.argv[2])
def peak():  # not ru_maxrss, which a new process inherits
    return int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]) / 1024
def held():  # what the process holds now, from which a new peak is taken
    open("/proc/self/clear_refs", "w").write("5")
    return peak()
def side(base):
    return max(1, round(base * (edges / 1e5) ** (1 / 3))) if edges > 1e5 else base
block = (side(200), side(100))
def f1(found, frame):
    truth = set(frame.loc[frame["planted"], "actor_id"].astype(str))
    members = found.members
    mine = set(members.loc[(members["block"] == 1) & (members["side"] == "account"), "member"])
    return 2 * len(mine & truth) / (len(mine) + len(truth))
"""

DRAW = """
import fanecon as fe
frame = fe.simulate_lockstep(edges, block=block, density=0.5, seed=1)
np.save(folder + "/rows.npy", frame["actor_id"].to_numpy())
np.save(folder + "/columns.npy", frame["item_id"].to_numpy())
print(json.dumps({"edges": len(frame), "block": block}))
"""

OWN = """
import pandas as pd
import fanecon as fe
rows, columns = np.load(folder + "/rows.npy"), np.load(folder + "/columns.npy")
frame = pd.DataFrame({"actor_id": rows, "item_id": columns}, copy=False)
some = np.resize(rows[:1000], 200_000), np.resize(columns[:1000], 200_000)
start = time.process_time()
fe.densest_block(pd.DataFrame({"actor_id": some[0], "item_id": some[1]}))
warm, before, took = time.process_time() - start, held(), []
for _ in range(3):
    start = time.process_time()
    found = fe.densest_block(frame)
    took.append(time.process_time() - start)
np.save(folder + "/own_rows.npy", found.accounts.to_numpy())
np.save(folder + "/own_columns.npy", found.items.to_numpy())
print(json.dumps({"seconds": min(took), "first_call_seconds": warm, "density": found.density,
                  "megabytes": peak() - before, "input_megabytes": (rows.nbytes + columns.nbytes) / 2**20}))
"""

PEER = """
from importlib.metadata import version
from scipy import sparse
from fraudar.export import greedy
rows, columns = np.load(folder + "/rows.npy"), np.load(folder + "/columns.npy")
matrix = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)))
before = held()
start = time.process_time()
with contextlib.redirect_stdout(io.StringIO()):
    (ours, theirs), density = greedy.logWeightedAveDegree(matrix)
took = time.process_time() - start
same = [set(np.load(f"{folder}/own_{name}.npy").tolist()) for name in ("rows", "columns")]
same = same == [set(map(int, ours)), set(map(int, theirs))]
print(json.dumps({"seconds": took, "density": float(density), "megabytes": peak() - before, "same": same,
                  "version": version("rgmining-fraudar")}))
"""

QUALITY = """
import fanecon as fe
told, before, seconds = {}, held(), []
cases = {"f1": dict(density=0.5), "f1_low": dict(density=0.1), "f1_communities": dict(density=0.1, communities=0.3)}
seeds = 5 if edges <= 1e5 else 1
for name, given in cases.items():
    scores = []
    for seed in range(seeds):
        frame = fe.simulate_lockstep(edges, block=block, seed=seed, **given).drop(columns="time")
        start = time.process_time()
        found = fe.find_lockstep(frame)
        seconds.append(time.process_time() - start)
        scores.append(f1(found, frame) if len(found.table) else 0.0)
        told[f"{name}_blocks"] = len(found.table)
    told[name] = min(scores)
    told[f"{name}_seconds"] = max(seconds[-seeds:])
if edges <= 1e6:
    frame = fe.simulate_lockstep(edges, block=block, seed=0, density=0.05, communities=0.6)
    told["f1_timed"] = f1(fe.find_lockstep(frame), frame)
print(json.dumps({**told, "seeds": seeds, "megabytes": peak() - before}))
"""

NULL = """
import fanecon as fe
shuffles, blocks = int(sys.argv[3]), 0
frames = [fe.simulate_lockstep(edges, block=block, density=density, seed=3) for density in (0.5, 0.1)]
start = time.process_time()
for at in range(shuffles):
    shuffled = fe.shuffle_edges(frames[at % 2], seed=at)
    blocks += len(fe.find_lockstep(shuffled).table) > 0
print(json.dumps({"null_blocks": blocks, "shuffles": shuffles, "seconds": time.process_time() - start}))
"""


def peers(named: str) -> str:
    """The interpreter of an environment that has rgmining-fraudar, or nothing."""
    own = PEERS / "bin" / "python"
    for python in (named, sys.executable, str(own)):
        if python and Path(python).exists() and has_peer(python):
            return python
    print(f"making {PEERS.name} for the peers (once)", file=sys.stderr)
    steps = ([sys.executable, "-m", "venv", "--clear", str(PEERS)],
             [str(own), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)])  # fmt: skip
    done = all(subprocess.run(step, stdout=sys.stderr, check=False).returncode == 0 for step in steps)
    return str(own) if done and has_peer(str(own)) else ""


def has_peer(python: str) -> bool:
    return subprocess.run([python, "-c", "import fraudar"], capture_output=True, check=False).returncode == 0


def needed(found: dict | None) -> dict:
    if found is None:
        raise SystemExit("fanecon failed: see above")
    return found


def timed(folder: str, edges: int, python: str) -> dict[str, object]:
    drawn = needed(measured(sys.executable, COMMON + DRAW, folder, str(edges)))
    own = needed(measured(sys.executable, COMMON + OWN, folder, str(edges)))
    peer = measured(python, COMMON + PEER, folder, str(edges)) if python else None
    held = own["input_megabytes"]
    told = {
        **drawn,
        "times": {"fanecon": own["seconds"], "first_call": own["first_call_seconds"]},
        "ratio": None,
        "densities": {"fanecon": own["density"]},
        "peak_mb": own["megabytes"],
        "input_mb": held,
        "input_and_peak_over_input": (held + own["megabytes"]) / held,
    }
    if peer is None:
        return {**told, "absent": "rgmining-fraudar is not installed here and could not be: no ratio"}
    told["times"]["rgmining-fraudar"] = peer["seconds"]
    told["densities"]["rgmining-fraudar"] = peer["density"]
    more = {"same_block": peer["same"], "rgmining_fraudar_peak_mb": peer["megabytes"]}
    return {**told, "ratio": peer["seconds"] / own["seconds"], **more, "rgmining-fraudar": peer["version"]}


def judged(folder: str, edges: int, shuffles: int) -> dict[str, object]:
    quality = needed(measured(sys.executable, COMMON + QUALITY, folder, str(edges)))
    quality["find_lockstep_peak_mb"] = quality.pop("megabytes")
    at = min(edges, MOST_NULL)
    null = needed(measured(sys.executable, COMMON + NULL, folder, str(at), str(shuffles)))
    null["null_seconds"] = null.pop("seconds")
    return {**quality, **null, "null_edges": at}


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("edges", type=float)
    arguments.add_argument("--python", default="", help="interpreter of an environment that has rgmining-fraudar")
    arguments.add_argument("--shuffles", type=int, default=SHUFFLES)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = timed(folder, int(asked.edges), peers(asked.python))
        told |= judged(folder, int(asked.edges), asked.shuffles)
    own = {name: version(name) for name in ("numba", "numpy", "scipy", "pandas")}
    print(json.dumps({**{key: rounded(one) for key, one in told.items()}, "python": platform.python_version(), **own}))


if __name__ == "__main__":
    main()
