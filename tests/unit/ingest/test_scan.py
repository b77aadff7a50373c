"""Facts about bytes: counts against the obvious way, and encodings."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.ingest import scan as scan_module
from dagster_project.ingest.scan import likely_encoding, marked_encoding, recode, scan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scan")


@given(content=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\t", b"\x00", b"\x7f", b"\xff"])).map(b"".join))
def test_counts_equal_the_obvious_ones_across_chunks(folder: Path, content: bytes) -> None:
    path = folder / "file"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan_module, "_CHUNK", 3)
        facts = scan(path)
    endings = re.findall(rb"\r\n|\r|\n", content)
    assert facts.size == len(content)
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert facts.lines == len(re.findall(rb"[^\n]*\n|[^\n]+", content))
    assert facts.plain_newlines == (set(endings) in ({b"\n"}, {b"\r\n"}, set()))
    assert facts.control == any(byte in (0, 0x7F) for byte in content)
    assert facts.ascii == content.isascii()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("渝中区,1\n".encode(), "utf-8"),
        ("渝中区,1\n".encode("gb18030"), "gb18030"),
        ("渝中区\n㐂𠀀\n".encode("gb18030"), "gb18030"),
        ("渝中区,1\n开州区,2\n".encode() + b"\xff,3\n", "utf-8"),
        ("渝中区,1\n开州区,2\n".encode("gb18030") + b"\xff,3\n", "gb18030"),
        (b"plain\n", "utf-8"),
    ],
)
def test_likely_encoding_is_that_of_most_lines(folder: Path, content: bytes, encoding: str) -> None:
    path = folder / "file"
    path.write_bytes(content)
    assert likely_encoding(path) == encoding


def test_byte_order_marks(folder: Path) -> None:
    path = folder / "file"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes("渝".encode(encoding))
        assert marked_encoding(path) == encoding
    path.write_bytes("渝".encode())
    assert marked_encoding(path) is None


@given(text=st.text(st.characters(exclude_categories=["Cs"])), encoding=st.sampled_from(["gb18030", "utf-16"]))
def test_recoding_keeps_the_text(folder: Path, text: str, encoding: str) -> None:
    source, target = folder / "source", folder / "target"
    source.write_bytes(text.encode(encoding))
    recode(source, encoding, target)
    assert target.read_bytes() == text.encode()


def test_recoding_leaves_damage_damaged(folder: Path) -> None:
    source, target = folder / "source", folder / "target"
    source.write_bytes("渝".encode("gb18030") + b"\xff\n")
    recode(source, "gb18030", target)
    assert target.read_bytes() == "渝".encode() + b"\xff\n"
