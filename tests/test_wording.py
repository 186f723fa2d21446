"""Counts in sentences: one of a kind is told as one, in every refusal of a malformed file."""

import re

import malformed
import pytest

from fanecon.loaders.door import read
from fanecon.loaders.wording import many
from fanecon.schema import FileError

ONE_OF_MANY = re.compile(
    r"(?<![0-9.,:/-])1 (rows|cells|files|records|entries|answers|reposts|times|days|cascades|members)\b"
)


@pytest.mark.parametrize(
    ("times", "told"), [(0, "0 rows have"), (1, "1 row has"), (2, "2 rows have"), (1234, "1,234 rows have")]
)
def test_one_has_and_two_have(times, told):
    assert many(times, "row has", "rows have") == told


def test_no_refusal_of_one_row_speaks_of_rows(tmp_path):
    for bad in malformed.files():
        path = tmp_path / bad.name
        path.write_bytes(bad.data)
        with pytest.raises(FileError) as caught:
            read(path)
        assert not ONE_OF_MANY.search(f"{caught.value.problem}. {caught.value.fix}"), caught.value
