"""Engines for the tests of the tallies: a PostgreSQL and a Spark of their own, ended when the tests are.

The server sorts letters as English does (a, B, c), the session is in Shanghai: nothing may depend on either.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import ibis
import pandas as pd
import pytest


def programs() -> str | None:
    """The folder with initdb and postgres; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((str(one) for one in places if (one / "postgres").exists()), None)


def unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    known = {one.pw_name for one in pwd.getpwall()}
    return next(one for one in ("postgres", "nobody") if one in known) if os.getuid() == 0 else None


@contextlib.contextmanager
def postgres() -> Iterator[ibis.backends.BaseBackend]:
    """A server on loopback in a folder of its own, and a connection whose session is in Shanghai."""
    found, user = programs(), unprivileged()
    if found is None:
        pytest.skip("No PostgreSQL: type make system")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="fanecon-postgres-", dir="/tmp"))  # a socket's path has to be short
    if user:
        shutil.chown(folder, user)
    data, run = (
        str(folder / "data"),
        {"user": user, "cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}},
    )
    letters = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
    subprocess.run(
        [f"{found}/initdb", "-D", data, "-U", "fans", "-A", "trust", "-N", *letters],
        check=True,
        capture_output=True,
        **run,
    )
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "timezone": "Asia/Shanghai",
    }
    flags = [piece for name, value in settings.items() for piece in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [f"{found}/postgres", "-D", data, "-p", str(port), *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **run,
    )
    try:
        backend = _connected(port)
        yield backend
        backend.disconnect()
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _connected(port: int) -> ibis.backends.BaseBackend:
    for _ in range(100):
        try:
            return ibis.postgres.connect(host="127.0.0.1", port=port, user="fans", database="postgres")
        except Exception:
            time.sleep(0.1)
    raise TimeoutError("The PostgreSQL of the tests did not start")


POSTGRES_TYPES = {"int64": "bigint", "Int64": "bigint", "string": "text", "bool": "boolean"}


def into_postgres(backend: ibis.backends.BaseBackend, frame: pd.DataFrame, name: str) -> None:
    kinds = {column: POSTGRES_TYPES.get(str(kind), "timestamptz") for column, kind in frame.dtypes.items()}
    columns = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
    with backend.con.cursor() as cursor:
        cursor.execute(f"create table {name} ({columns})")
        with cursor.copy(f"copy {name} from stdin") as copy:
            for row in frame.astype(object).itertuples(index=False):
                copy.write_row([None if pd.isna(one) else one for one in row])
    backend.con.commit()


@contextlib.contextmanager
def spark(*, small: bool = True) -> Iterator[object]:
    """A Spark in this process, with two threads and as many partitions; small logs are not worth compiling for."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("No Java for Spark: type make system")
    sql = pytest.importorskip("pyspark.sql", reason="No PySpark: type make test")
    folder = tempfile.mkdtemp(prefix="fanecon-spark-")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "Asia/Shanghai",
        "spark.log.level": "ERROR",
    }
    if small:
        settings |= {
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        }
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()
        shutil.rmtree(folder, ignore_errors=True)
