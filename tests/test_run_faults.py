"""What must never happen to a report: runs that are killed, cannot write, collide, eat memory or never end.

Each study has a quick slice for every change and its full size at night.  The points are spread over the whole run,
from the first import to the last rename, by a fixed seed.
"""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from runs import Place, family, gone, of_kind, wait_until

from fanecon.report.seal import read_seal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
FAILING = str(Path(__file__).parent / "failing")
VICTIMS = ("cli", "kernel_start", "worker")


def place_with_a_page(folder: Path) -> tuple[Place, float]:
    """A place with a good page, and how long it took to make."""
    place = Place(folder)
    began = time.monotonic()
    code, said = place.run()
    assert code == 0, said
    return place, time.monotonic() - began


def points(count: int, seed: int) -> list[tuple[str, float]]:
    """Victims and moments (in parts of a run) spread evenly, in an order that a clock cannot favour."""
    spread = [(VICTIMS[n % 2] if n % 10 else VICTIMS[2], (n + 0.5) / count) for n in range(count)]
    random.Random(seed).shuffle(spread)
    return spread


def kill_once(place: Place, victim: str, moment: float) -> str:
    """Kill one process of a run and look: nothing half-written, nothing lost, nobody left; then run again."""
    before, known = place.page.read_bytes(), {one.id for one in place.records()}
    running = place.start()
    wait_until(running, time.monotonic() + moment)
    alive = family(running)
    target = of_kind(alive, victim) or of_kind(alive, "worker") or of_kind(alive, "cli")  # a kernel comes last
    if target is not None:
        target.kill()
    hit = target is not None
    running.communicate(timeout=60)
    assert gone(alive), "orphans after 10 s"
    code = running.returncode
    new = [one for one in place.records() if one.id not in known]
    whole = read_seal(place.page.read_text(encoding="utf-8")) == "complete"
    assert whole
    assert place.page.read_bytes() == before or any(one.page is not None for one in new)
    assert code == 0 or place.page.read_bytes() == before or victim == "cli", (code, victim)
    return "hit" if hit else "missed"


def check_after(place: Place) -> float:
    """The next run succeeds and tidies up; no record claims a page that was never there.  Returns how long it took."""
    began = time.monotonic()
    code, said = place.run()
    took = time.monotonic() - began
    assert code == 0, said
    assert place.strays() == []
    assert place.says() == "complete"
    ends = [one.status == "complete" for one in place.records()]
    assert ends[-1]
    return took


def kill_study(folder: Path, count: int, seed: int) -> dict[str, int]:
    place, usual = place_with_a_page(folder)
    seen = {"hit": 0, "missed": 0}
    for victim, part in points(count, seed):
        seen[kill_once(place, victim, part * usual)] += 1
        usual = check_after(place)
    return seen


def test_a_run_that_is_killed_anywhere_leaves_a_whole_page_and_nobody_behind(tmp_path: Path) -> None:
    assert kill_study(tmp_path, 3, seed=1)["hit"] >= 2


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(8))
def test_200_points_of_death(part: int, tmp_path: Path) -> None:
    seen = kill_study(tmp_path, 25, seed=part)
    assert seen["hit"] >= 22, seen


# --- writes that fail ---


def fail_at(place: Place, number: int, error: int, counter: Path) -> tuple[int, int, str]:
    """Exit code of a run whose n-th write fails, how many writes there were, and what it said."""
    counter.unlink(missing_ok=True)
    code, said = place.run(
        PYTHONPATH=os.pathsep.join([FAILING, os.environ.get("PYTHONPATH", "")]),
        FAIL_BELOW=str(place.page.parent),
        FAIL_COUNTER=str(counter),
        FAIL_AT=str(number),
        FAIL_WITH=str(error),
    )
    return code, int(counter.read_text() if counter.exists() else 0), said


def write_study(folder: Path, numbers: range | list[int], errors: tuple[int, ...]) -> int:
    place, _ = place_with_a_page(folder)
    counter = folder / "counter"
    total = fail_at(place, 0, 0, counter)[1]
    assert total > 15
    for error in errors:
        for number in [one for one in numbers if one <= total]:
            before = place.page.read_bytes(), place.page.with_suffix(".run.json").read_bytes()
            code, _, said = fail_at(place, number, error, counter)
            assert code == 8, (number, errno.errorcode[error], code, said)
            assert "Cannot write" in said
            assert (place.page.read_bytes(), place.page.with_suffix(".run.json").read_bytes()) == before, number
    code, said = place.run()
    assert code == 0, said
    assert place.strays() == []
    return total


def test_a_write_that_fails_leaves_the_last_page_and_exits_with_8(tmp_path: Path) -> None:
    write_study(tmp_path, [3, 14], (errno.ENOSPC,))


@pytest.mark.nightly
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=lambda number: errno.errorcode[number])
def test_every_write_fails_once(error: int, tmp_path: Path) -> None:
    print(write_study(tmp_path, range(1, 200), (error,)))


# --- many at once ---


def crowd(folder: Path, count: int) -> None:
    mark = "with open('marks', 'a') as file:\n    file.write('{}')"
    place = Place(folder, steps=(mark.format("("), "1", mark.format(")")))
    running = [place.start("--wait", "1h") for _ in range(count)]
    ends = [(one.communicate(timeout=3000)[0], one.returncode) for one in running]
    assert [code for _, code in ends] == [0] * count, ends
    assert (folder / "marks").read_text() == "()" * count, "two were at work at once"
    records = place.records()
    assert [one.status for one in records] == ["complete"] * count
    assert len({one.id for one in records}) == count
    assert place.says() == "complete"
    assert place.strays() == []


def test_runs_that_collide_wait_for_each_other_and_none_is_lost(tmp_path: Path) -> None:
    crowd(tmp_path, 3)


def test_a_run_that_may_not_wait_exits_with_9_and_names_the_other(tmp_path: Path) -> None:
    place = Place(tmp_path, steps=("import time\ntime.sleep(60)",))
    first = place.start()
    lock = place.page.parent / ".runs" / "x.html" / "lock"
    for _ in range(200):
        if lock.exists() and lock.read_text():
            break
        time.sleep(0.05)
    code, said = place.run()
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert code == 9
    assert f"process {first.pid}" in said
    assert "--wait" in said


@pytest.mark.nightly
def test_50_runs_of_one_page(tmp_path: Path) -> None:
    crowd(tmp_path, 50)


# --- stopped from outside ---


def stop_study(folder: Path, count: int, seed: int) -> list[float]:
    place, usual = place_with_a_page(folder)
    moments = [(0.15 + 0.8 * (n + 0.5) / count) * usual for n in range(count)]
    random.Random(seed).shuffle(moments)
    times = []
    for number, moment in enumerate(moments):
        sent = (signal.SIGTERM, signal.SIGINT)[number % 2]
        known = {one.id for one in place.records()}
        listening = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores Ctrl-C
        running = place.start()
        signal.signal(signal.SIGINT, listening)
        wait_until(running, time.monotonic() + moment)
        alive, asked = family(running), time.monotonic()
        running.send_signal(sent)
        said = running.communicate(timeout=60)[0]
        times.append(time.monotonic() - asked)
        assert gone(alive)
        new = [one for one in place.records() if one.id not in known]
        if running.returncode == 0:  # it had come too far to be stopped
            assert [one.status for one in new] == ["complete"]
            continue
        expected = 143 if sent == signal.SIGTERM else 130
        assert running.returncode in (expected, -sent), said
        assert all((one.status, one.exit_code) == ("failed", expected) for one in new)
        assert place.says() == "complete"
    assert place.strays() == []
    return times


def test_a_run_that_is_stopped_says_so_and_is_gone_in_seconds(tmp_path: Path) -> None:
    assert max(stop_study(tmp_path, 2, seed=2)) < 10


@pytest.mark.nightly
def test_50_points_of_being_stopped(tmp_path: Path) -> None:
    times = stop_study(tmp_path, 50, seed=3)
    print(f"longest {max(times):.1f} s")
    assert max(times) < 5


# --- memory and time ---

BOMBS = {
    "bytes": "x = bytearray(10**10)",
    "growing bytes": "x = bytearray()\nwhile True:\n    x += bytes(10**7)",
    "list": "x = []\nwhile True:\n    x.append('a' * 1000)",
    "list of lists": "x = []\nwhile True:\n    x = [x, [0] * 10**5]",
    "text": "x = 'ab'\nwhile True:\n    x += x",
    "number": "x = 1 << 10**11",
    "dict": "x = {}\nwhile True:\n    x[len(x)] = str(len(x))",
    "numpy zeros, touched": "import numpy as np\nx = np.zeros(10**10)\nx[:] = 1",
    "numpy, piece by piece": "import numpy as np\nx = []\nwhile True:\n    x.append(np.ones(10**6))",
    "numpy product": "import numpy as np\nnp.ones((10**5, 1)) @ np.ones((1, 10**5))",
    "pandas": "import pandas as pd\nx = pd.DataFrame({'a': range(10**6)})\nwhile True:\n    x = pd.concat([x, x])",
    "cross join": "import pandas as pd\nx = pd.DataFrame({'a': range(10**5)})\nx.merge(x, how='cross')",
    "shared memory": (
        "import mmap\nx = []\nwhile True:\n    x.append(mmap.mmap(-1, 10**7))\n    x[-1].write(b'x' * 10**7)"
    ),
    "threads": (
        "import threading\nx = []\ndef eat():\n    while True:\n        x.append(bytes(10**6))\n"
        "for _ in range(4):\n    threading.Thread(target=eat).start()"
    ),
    "children": (
        "import subprocess, sys\nc = 'x = []\\nwhile True: x.append(b\"x\" * 10**6)'\n"
        "p = [subprocess.Popen([sys.executable, '-c', c]) for _ in range(3)]\n[one.wait() for one in p]"
    ),
    "caught": (
        "x = []\nwhile True:\n    try:\n        while True:\n            x.append(b'x' * 10**6)\n"
        "    except MemoryError:\n        pass"
    ),
    "arrow": "import pyarrow as pa\nx = pa.array(range(10**6))\nwhile True:\n    x = pa.concat_arrays([x, x])",
    "recursion in C": "import re\nx = re.compile('(' * 99 + 'a' + ')' * 99)\ny = [0]\nwhile True:\n    y = y * 2",
    "set": "x = set()\nwhile True:\n    x.update(range(len(x), len(x) + 10**5))",
    "display": "x = 'x' * 10**6\ny = []\nwhile True:\n    y.append(x + str(len(y)))",
}
LOOPS = {
    "busy": "while True:\n    pass",
    "sleep": "import time\ntime.sleep(10**6)",
    "deaf": "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    "in C": "sum(range(10**13))",
    "regular expression": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "power": "pow(3, 10**9)",
    "deadlock": "import threading\nx = threading.Lock()\nx.acquire()\nx.acquire()",
    "child": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(10**6)'])",
    "child without parents": (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(10**6)'], start_new_session=True)\n"
        "while True:\n    pass"
    ),
    "thread": "import threading, time\nx = threading.Thread(target=time.sleep, args=(10**6,))\nx.start()\nx.join()",
    "loop of events": "import asyncio\nawait asyncio.sleep(10**6)",
    "output": "while True:\n    print('again')",
    "errors": "import sys\nwhile True:\n    print('again', file=sys.stderr)",
    "displays": "from IPython.display import display\nwhile True:\n    display(1)",
    "stopped": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "ignored signals": (
        "import signal as s\nfor n in (s.SIGINT, s.SIGTERM, s.SIGHUP):\n    s.signal(n, s.SIG_IGN)\n"
        "while True:\n    pass"
    ),
    "socket": "import socket\nx = socket.socket()\nx.bind(('127.0.0.1', 0))\nx.listen()\nx.accept()",
    "pool": "import multiprocessing as m, time\nm.Pool(2).map(time.sleep, [10**6] * 2)",
    "numpy": "import numpy as np\nx = np.ones((300, 300))\nwhile True:\n    x = np.linalg.inv(x + np.eye(300))",
    "at the end": "import atexit, time\natexit.register(time.sleep, 10**6)\nwhile True:\n    time.sleep(1)",
}


def bomb(folder: Path, code: str) -> str:
    place = Place(folder, steps=("1", code, "2"))
    running = place.start("--memory", "700MB", "--timeout", "100s")
    wait_until(running, time.monotonic() + 4)
    alive = family(running)
    said = running.communicate(timeout=150)[0]
    assert running.returncode == 6, said
    assert "emory" in said
    assert gone(alive)
    assert place.records()[0].exit_code == 6
    return said


def endless(folder: Path, code: str) -> None:
    place = Place(folder, steps=("1", code, "2"))
    began = time.monotonic()
    running = place.start("--timeout", "8s")
    wait_until(running, began + 7)
    alive = family(running)
    said = running.communicate(timeout=150)[0]
    assert running.returncode == 7, said
    assert time.monotonic() - began < 18
    assert "--timeout" in said
    assert gone(alive)
    assert (place.records()[0].exit_code, place.strays()) == (7, [])


@pytest.mark.parametrize("name", ["list", "children"])
def test_a_memory_bomb_is_ended_and_named(name: str, tmp_path: Path) -> None:
    bomb(tmp_path, BOMBS[name])


@pytest.mark.parametrize("name", ["child without parents", "stopped"])
def test_an_endless_loop_is_ended_and_named(name: str, tmp_path: Path) -> None:
    endless(tmp_path, LOOPS[name])


@pytest.mark.nightly
@pytest.mark.parametrize("name", BOMBS)
def test_20_memory_bombs(name: str, tmp_path: Path) -> None:
    bomb(tmp_path, BOMBS[name])


@pytest.mark.nightly
@pytest.mark.parametrize("name", LOOPS)
def test_20_endless_loops(name: str, tmp_path: Path) -> None:
    endless(tmp_path, LOOPS[name])


@pytest.mark.nightly
def test_a_folder_where_nothing_can_be_written_is_found_before_the_first_step(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.page.parent.write_text("a file where the folder should be")
    began = time.monotonic()
    code, said = place.run()
    assert (code, time.monotonic() - began < 2) == (8, True), said
    assert "[1/" not in said


def test_the_failing_writer_of_these_tests_counts_and_fails(tmp_path: Path) -> None:
    code = "import os\nfor n in range(3):\n    open(os.path.join(os.environ['FAIL_BELOW'], str(n)), 'w').close()"
    variables = {"PYTHONPATH": FAILING, "FAIL_BELOW": str(tmp_path), "FAIL_AT": "2", "FAIL_WITH": str(errno.EIO)}
    done = subprocess.run(
        ["python3", "-c", code],
        env={**os.environ, **variables, "FAIL_COUNTER": str(tmp_path) + ".count"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Input/output error" in done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["0"]
