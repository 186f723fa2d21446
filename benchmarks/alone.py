"""Contenders in processes of their own, held to one thread, so that none pays for another's imports or memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def measured(python: str, code: str, *arguments: str) -> dict | None:
    """What the code prints, run in a process of its own; None where it fails, told on the error stream."""
    path = {"PYTHONPATH": str(HERE.parent)} if python == sys.executable else {}
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code, *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD, **path},
    )  # fmt: skip
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])
