"""Reading a large export: fanecon beside pandas doing the same work by hand, and beside DuckDB's CSV reader alone.

``python benchmarks/loaders.py`` prints one line of JSON.  Each contender runs in a process of its own; seconds are CPU
seconds from the call to the table, those of processes it starts included; megabytes are the growth of the peak over
what the process held after its imports.  DuckDB is measured where it is installed: ``--python`` names an interpreter
that has it.  What each is asked for: every cell of the file in a typed table, times in UTC, money in minor units,
counts as whole numbers, placeholders as missing.  Only fanecon looks for cells that cannot be used; DuckDB's reader
knows nothing of placeholders, money and zones, and is here as a floor.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

EVENTS, ITEMS = 1_000_000, 50_000
PACKAGES = ("fanecon", "pandas", "pyarrow", "python-calamine")

FRAME = """
import json, re, resource, sys, time
{imports}
def peak():  # not ru_maxrss, which a new process inherits
    return int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]) * 1024 / 1e6
def others():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
path, before, start = sys.argv[1], peak(), time.process_time()
{work}
spent = time.process_time() - start + others()
print(json.dumps({{"rows": len(table), "seconds": round(spent, 2), "megabytes": round(peak() - before)}}))
"""

FANECON = FRAME.format(
    imports="import pandas, pyarrow.csv, pyarrow.compute, charset_normalizer, fanecon as fe\n"
    "from fanecon.loaders.door import read\nfrom fanecon.loaders.reading import Ask",
    work="table = read(path, ask=Ask(personal=True)).main",
)
PANDAS_EVENTS = FRAME.format(
    imports="import pandas as pd",
    work="""
table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=["", "-", "无"])
times = pd.to_datetime(table["参与时间"], format="%Y-%m-%d %H:%M:%S")
table["时间"] = times.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
table["金额"] = (table["奖励金额(元)"].astype("Float64") * 100).round().astype("Int64")
assert table["参与人openid"].notna().all()
table["extra"] = [json.dumps({"备注": one}, ensure_ascii=False) if one == one else None for one in table["备注"]]
pair = ["邀请人openid", "参与人openid"]
edges = table.groupby(pair, sort=False).agg(times=("时间", "size"), since=("时间", "min")).reset_index()
""",
)
PANDAS_ITEMS = FRAME.format(
    imports="import pandas as pd, python_calamine",
    work="""
table = pd.read_excel(path, engine="calamine")
table["时间"] = pd.to_datetime(table["发布时间"]).dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
for name in ("播放量", "点赞量", "分享量", "评论量", "收藏量", "粉丝增量"):
    table[name] = pd.to_numeric(table[name], errors="coerce").astype("Int64")
table["完播率"] = table["完播率"].str.rstrip("%").astype(float) / 100
""",
)
DUCKDB = FRAME.format(imports="import duckdb", work="table = duckdb.read_csv(path).to_arrow_table()")


def events(path: Path, rows: int) -> None:
    draw = random.Random(7)
    with path.open("w", encoding="utf-8") as out:
        out.write("参与人openid,邀请人openid,行为,参与时间,ip,设备号,奖励金额(元),收款账号,状态,备注\n")
        for at in range(rows):
            actor, inviter, second = draw.randint(1, 300_000), draw.randint(1, 50_000), at * 7 % 86_400
            out.write(
                f"o{actor:027d},o{inviter:027d},{draw.choice(['报名', '助力', '关注公众号'])},"
                f"2026-09-{at % 28 + 1:02d} {second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d},"
                f"192.0.{draw.randint(0, 255)}.{draw.randint(1, 254)},d{draw.randint(1, 400_000):016x},"
                f"{draw.choice(['1.00', '0.50'])},pay{actor:08d},{draw.choice(['已到账', '处理中'])},无\n"
            )


def items(path: Path, rows: int, *, gaps: bool = False) -> None:
    """A workbook of Douyin's list of works, ten columns; with gaps, a count in a hundred is the text ``-``."""
    draw = random.Random(7)
    names = ("作品名称", "发布时间", "体裁", "播放量", "完播率", "点赞量", "分享量", "评论量", "收藏量", "粉丝增量")
    lines = ["<row>" + "".join(_text(name) for name in names) + "</row>"]
    for at in range(rows):
        when = f"2026-{at % 9 + 1:02d}-{at % 28 + 1:02d} {at % 24:02d}:{at % 60:02d}:00"
        plays, *counts = (_count(draw.randint(0, 99_999), at % 100 == 0 and gaps) for _ in range(6))
        rate = _text(f"{draw.random() * 100:.2f}%")
        texts = _text(f"作品 {at}") + _text(when) + _text("视频")
        lines.append(f"<row>{texts}{plays}{rate}{''.join(counts)}</row>")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    docs = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{pack}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" '
        f'Type="{docs}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{docs}"><sheets><sheet name="Sheet1" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" '
        f'Type="{docs}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def _count(count: int, missing: bool) -> str:
    return _text("-") if missing else f"<c><v>{count}</v></c>"


def _text(cell: str) -> str:
    return f'<c t="inlineStr"><is><t>{cell}</t></is></c>'


def run(python: str, code: str, path: Path) -> dict[str, float] | None:
    done = subprocess.run([python, "-c", code, path], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])  # DuckDB draws a bar of its progress before


def compared(path: Path, contenders: dict[str, tuple[str, str]], turns: int) -> dict[str, object]:
    """Of several turns, in turn, the one that took the fewest CPU seconds."""
    told = [{name: run(python, code, path) for name, (python, code) in contenders.items()} for _ in range(turns)]
    found = {name: min((one[name] for one in told if one[name]), key=lambda one: one["seconds"], default=None)
             for name in contenders}  # fmt: skip
    size, own = path.stat().st_size / 1e6, found["fanecon"]
    others = {name: one for name, one in found.items() if name != "fanecon" and one}
    seconds = {name: round(own["seconds"] / one["seconds"], 2) for name, one in others.items()}
    memory = {name: round(own["megabytes"] / max(one["megabytes"], 1), 2) for name, one in others.items()}
    peak = round(own["megabytes"] / size, 2)
    return {"file_megabytes": round(size, 1), **found, "seconds_to": seconds, "megabytes_to": memory, "to_file": peak}


def versions(python: str) -> dict[str, str]:
    asked = "from importlib.metadata import version; print(version('duckdb'))"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    found = {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}
    return found | ({"duckdb": done.stdout.strip()} if done.returncode == 0 else {})


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=EVENTS)
    arguments.add_argument("--items", type=int, default=ITEMS)
    arguments.add_argument("--turns", type=int, default=3)
    arguments.add_argument("--python", default=sys.executable, help="an interpreter with duckdb")
    asked = arguments.parse_args()
    here = sys.executable
    log_of = {"fanecon": (here, FANECON), "pandas": (here, PANDAS_EVENTS), "duckdb": (asked.python, DUCKDB)}
    book_of = {"fanecon": (here, FANECON), "pandas": (here, PANDAS_ITEMS)}
    with tempfile.TemporaryDirectory() as folder:
        log, book, gaps = (Path(folder) / name for name in ("log.csv", "works.xlsx", "gaps.xlsx"))
        events(log, asked.events)
        items(book, asked.items)
        items(gaps, asked.items, gaps=True)
        told = {"events_csv": compared(log, log_of, asked.turns)}
        told |= {"items_xlsx": compared(book, book_of, asked.turns)}
        told |= {"items_xlsx_with_gaps": compared(gaps, book_of, asked.turns)}
    print(json.dumps({**told, "versions": versions(asked.python)}))


if __name__ == "__main__":
    main()
