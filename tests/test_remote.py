"""Pages in a bucket, against a server that speaks S3 on this machine: they arrive whole, or it is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from books import book
from click.testing import CliRunner
from moto.server import ThreadedMotoServer

from fanecon.cli import main
from fanecon.errors import ParameterError, RunError
from fanecon.report.asked import remote
from fanecon.report.record import read_record
from fanecon.report.seal import read_seal


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a store that lives as long as these tests, on the loopback only."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "not-a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.chdir(tmp_path)
    name = "pages-" + os.urandom(4).hex()
    boto3.client("s3").create_bucket(Bucket=name)
    return name


def objects(bucket: str) -> dict[str, bytes]:
    store = boto3.client("s3")
    listed = store.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"]: store.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


def test_a_page_arrives_whole_with_its_record_and_stays_here_too(bucket: str, tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "print(count)")
    code, said = call("run", str(path), "-o", f"s3://{bucket}/weekly/{{count}}.html", "-p", "count=4")
    assert code == 0, said
    assert f"s3://{bucket}/weekly/4.html" in said
    held = objects(bucket)
    assert sorted(held) == ["weekly/4.html", "weekly/4.run.json"]
    assert read_seal(held["weekly/4.html"].decode()) == "complete"
    here = tmp_path / "reports" / "s3" / bucket / "weekly" / "4.html"
    assert here.read_bytes() == held["weekly/4.html"]
    assert json.loads(held["weekly/4.run.json"])["page"]["sha256"]


def test_a_failed_run_leaves_the_good_page_there_and_adds_the_failed_one(bucket: str, tmp_path: Path) -> None:
    path, out = book(tmp_path / "x.ipynb", "1"), f"s3://{bucket}/x.html"
    assert call("run", str(path), "-o", out)[0] == 0
    good = objects(bucket)["x.html"]
    assert call("run", str(book(tmp_path / "x.ipynb", "1 / 0")), "-o", out)[0] == 5
    held = objects(bucket)
    assert held["x.html"] == good
    (failed,) = [name for name in held if name.startswith("failed/x-")]
    assert read_seal(held[failed].decode()) == "failed"


def test_a_page_that_does_not_arrive_is_told_and_is_still_here(bucket: str, tmp_path: Path) -> None:
    code, said = call("run", str(book(tmp_path / "x.ipynb", "1")), "-o", f"s3://{bucket}-not-there/x.html")
    assert code == 8
    assert "did not arrive" in said
    here = tmp_path / "reports" / "s3" / f"{bucket}-not-there" / "x.html"
    assert read_seal(here.read_text(encoding="utf-8")) == "complete"
    (record,) = [read_record(one) for one in (here.parent / ".runs" / "x.html").glob("*.json")]
    assert (record.status, record.exit_code) == ("complete", 8)


def test_what_arrives_changed_is_sent_again_and_then_refused(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "reports" / "s3" / bucket / "x.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"page")
    opened, tries = remote._opened, []

    def lossy(address: str) -> tuple[object, str]:
        files, path = opened(address)
        tries.append(path)
        if len(tries) < 3:
            monkeypatch.setattr(files, "cat_file", lambda path: b"pag")
        return files, path

    monkeypatch.setattr(remote, "_opened", lossy)
    here = page.relative_to(tmp_path)
    assert remote.upload(remote.Remote("s3"), here) == f"s3://{bucket}/x.html"
    assert len(tries) == 3
    monkeypatch.setattr(remote, "_arrive", lambda address, content: (_ for _ in ()).throw(OSError("no route")))
    with pytest.raises(RunError, match="no route") as refused:
        remote.upload(remote.Remote("s3"), here)
    assert refused.value.code == 8


@pytest.mark.parametrize(
    "address",
    ["s3://x.html", "s3:///x.html", "s3://user:word@bucket/x.html", "s3://bucket/x.html?key=1", "file:///tmp/x.html",
     "nonsense://bucket/x.html", "memory://a/x.html"],
)  # fmt: skip
def test_an_address_that_cannot_stand_is_refused(address: str) -> None:
    with pytest.raises(ParameterError, match=r"Type|Use"):
        remote.split(address)


def test_a_value_cannot_lead_out_of_its_folder_in_the_store(bucket: str, tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "1")
    for trick in ("../../other", "a/b", "..", "\u202e"):
        code, said = call("run", str(path), "-o", f"s3://{bucket}/a/{{source}}.html", "-p", f"source={trick}")
        assert code == 2, said
    assert objects(bucket) == {}
