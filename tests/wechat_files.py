"""Makers of small files in the shapes that WeChat's backend and data interface hand out; every value is invented."""

import io
import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import xlwt

HEADER_16 = [
    *("内容标题", "发表时间", "总阅读人数", "总阅读次数", "总分享人数", "总分享次数", "阅读后关注人数", "送达人数"),
    *("公众号消息阅读次数", "送达阅读率", "首次分享次数", "分享产生阅读次数", "首次分享率", "每次分享带来阅读次数"),
    *("阅读完成率", "内容url"),
]
HEADER_9 = [name for name in HEADER_16 if name not in HEADER_16[3:6:2] + HEADER_16[8:9] + HEADER_16[10:14]]
HEADER_14 = [name for name in HEADER_16 if name not in ("送达人数", "送达阅读率")]
HEADER_FOLLOWERS = ["时间", "新关注人数", "取消关注人数", "净增关注人数", "累积关注人数"]
BIZ = "MzAxTEST=="


def link(mid=100, idx=1):
    return f"http://mp.weixin.qq.com/s?__biz={BIZ}&mid={mid}&idx={idx}&sn=ff#rd"


def row_16(title="春天", on=20220329, url=None, **changed):
    """The row of formats.md, section 2.2: 94 readers, 163 reads, 79 reads in the session of 2112 delivered."""
    cells = [title, on, 94, 163, 8, 10, 1, 2112, 79, 0.0374, 5, 69, 0.0633, 6.9, 0.6889, link() if url is None else url]
    for name, value in changed.items():
        cells[HEADER_16.index(name)] = value
    return cells


def row_14(title="春天", on=20220329, url=None, **changed):
    row = row_16(title, on, url, **changed)
    return [cell for cell, name in zip(row, HEADER_16, strict=True) if name in HEADER_14]


def row_9(title="春天", on="20260329", url=None):
    return [title, on, 94, 8, 1, 2112, 0.0251, 0.6889, link() if url is None else url]


def xls(path, rows, sheet="New Sheet1"):
    book = xlwt.Workbook()
    page = book.add_sheet(sheet)
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is not None and cell != "":
                style = xlwt.easyxf(num_format_str="YYYY-MM-DD") if hasattr(cell, "year") else xlwt.Style.default_style
                page.write(at, column, cell, style)
    book.save(str(path))
    return path


def text(path, rows, encoding="utf-8", mark=",", end="\r\n"):
    def cell(value):
        written = "" if value is None else str(value)
        quoted = any(sign in written for sign in (mark, '"', "\n"))
        return '"' + written.replace('"', '""') + '"' if quoted else written

    whole = "".join(mark.join(cell(value) for value in row) + end for row in rows)
    Path(path).write_bytes(whole.encode(encoding))
    return path


def page(path, rows, title="用户增长", encoding="utf-8", between=""):
    body = between.join("<tr>" + between.join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    first = f'<tr><td colspan="{len(rows[0])}">{title}</td></tr>' if title else ""
    whole = f'<html><head><meta charset="{encoding}"></head><body><table>{first}{between}{body}</table></body></html>'
    Path(path).write_bytes(whole.encode(encoding))
    return path


def letters(column):
    return chr(65 + column) if column < 26 else letters(column // 26 - 1) + chr(65 + column % 26)


def sheet_xml(rows, start=0):
    lines = []
    for at, row in enumerate(rows, start + 1):
        cells = []
        for column, cell in enumerate(row):
            where = f'r="{letters(column)}{at}"'
            if isinstance(cell, (int, float)):
                cells.append(f"<c {where}><v>{cell}</v></c>")
            elif cell not in (None, ""):
                cells.append(f'<c {where} t="inlineStr"><is><t>{escape(str(cell))}</t></is></c>')
        lines.append(f'<row r="{at}">{"".join(cells)}</row>')
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def xlsx_bytes(sheets, more=()):
    """A workbook from sheet XML texts; `more` are further (name, bytes) parts."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    docs = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{docs}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>' for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{pack}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{pack}/relationships">'
        f'<Relationship Id="rId1" Type="{docs}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{docs}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{pack}/relationships">{related}</Relationships>',
        **{f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in zip(numbers, sheets, strict=True)},
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in [*parts.items(), *more]:
            archive.writestr(name, part)
    return whole.getvalue()


def xlsx(path, *sheets):
    Path(path).write_bytes(xlsx_bytes([sheet_xml(rows) for rows in sheets]))
    return path


def record(stat_date, readers=100, **changed):
    """One day of an article; 60 % of the readers come from the session, reads are 1.5 per reader."""
    session = readers * 6 // 10
    return {
        "stat_date": stat_date,
        "target_user": 1000,
        "int_page_read_user": readers,
        "int_page_read_count": readers * 3 // 2,
        "ori_page_read_user": 1,
        "share_user": 5,
        "share_count": 7,
        "add_to_fav_user": 2,
        "add_to_fav_count": 3,
        "int_page_from_session_read_user": session,
        "int_page_from_session_read_count": session * 3 // 2,
        "int_page_from_feed_read_user": readers // 10,
        "int_page_from_feed_read_count": readers // 10,
        "feed_share_from_session_user": 4,
        "feed_share_from_session_cnt": 5,
        **changed,
    }


def article(msgid="2650_1", ref_date="2026-09-01", days=(100, 150), **changed):
    details = [record(f"{ref_date[:8]}{int(ref_date[8:]) + at:02d}", readers) for at, readers in enumerate(days)]
    return {"ref_date": ref_date, "msgid": msgid, "title": "九月", "details": details, **changed}


def answers(path, *found, lines=False):
    whole = "\n".join(json.dumps(one, ensure_ascii=False) for one in found)
    Path(path).write_text(whole if lines or len(found) == 1 else f"[{whole.replace(chr(10), ',')}]", encoding="utf-8")
    return path
