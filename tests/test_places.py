"""Places: notebooks and data are found in a checkout and in an installed wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from fanecon import places

ROOT = Path(__file__).resolve().parents[1]


def test_a_checkout_uses_its_own_folders() -> None:
    assert places.notebooks() == ROOT / "notebooks"
    assert places.data() == ROOT / "data"


def test_a_wheel_carries_notebooks_data_and_the_template_and_finds_them(tmp_path: Path) -> None:
    """Built without a network by the pinned hatchling, unpacked, and asked from another folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    templates = ("report/pages/page.html.j2", "report/pages/style.css", "report/history/index.html.j2")
    for needed in ("notebooks/01_rainbow_bus.ipynb", "data/catalog.toml", "data/facts.csv", *templates):
        assert f"fanecon/{needed}" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]
    code = "import fanecon, fanecon.cli, sys; print(fanecon.__file__); fanecon.cli.main(['list'])"
    asked = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(tmp_path / "site") in done.stdout
    assert "rainbow_bus" in done.stdout
