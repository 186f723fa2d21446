"""A stand-in for the process of one run: it speaks like one and does what its parameters say, in milliseconds.

`seconds` to work, `code` to end with, `dies` by a signal, `hangs`, `leaves` a grandchild behind, or is `silent`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time


def say(**event: object) -> None:
    print(json.dumps({"time": "2026-01-01T00:00:00+00:00", "report": task["name"], **event}), flush=True)


def stopped(number: int, _: object) -> None:
    code = 130 if number == signal.SIGINT else 143
    time.sleep(values.get("slow", 0))
    say(event="run_ended", run=RUN, step=1, steps=2, seconds=0.1, code=code, status="failed", page=None, message="stop")
    os._exit(code)


task = json.load(sys.stdin)
values = task["values"]
RUN = f"run-{os.getpid()}"
for one in (signal.SIGINT, signal.SIGTERM):
    signal.signal(one, signal.SIG_IGN if values.get("deaf") else stopped)
with open("began", "a") as file:  # noqa: PTH123
    file.write(f"{task['name']} {os.getpid()} {task['usual']['memory']}\n")
if values.get("silent"):
    print("cannot go on", file=sys.stderr)
    sys.exit(values["silent"])
say(event="run_began", run=RUN)
if values.get("leaves"):
    subprocess.Popen(["sleep", "60"], env={**os.environ, "FANECON_RUN": RUN}, start_new_session=True)
say(event="step_began", step=1, steps=2, heading="One\x1b[31m")
time.sleep(values.get("seconds", 0.05))
say(event="step_ended", step=1, steps=2, seconds=0.05, heading="One")
if values.get("dies"):
    print('{"event": "step_beg', end="", flush=True)
    os.kill(os.getpid(), values["dies"])
code = values.get("code", 0)
status = "complete" if code in (0, 3) else "failed"
say(event="run_ended", run=RUN, step=2, steps=2, seconds=0.1, code=code, status=status, page="p.html", message="why")
