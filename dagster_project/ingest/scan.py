"""One pass over a file's bytes: its hash, and what decides how its text may be read.

Belongs here: facts about bytes and their encoding. Does not belong here: rows and columns.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

_CHUNK = 1 << 20
_TAB, _NEWLINE, _RETURN, _DELETE = b"\t\n\r\x7f"
_SAMPLE_LINES = 20_000
_LINE_SAMPLE_BYTES = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Scan:
    """Facts of a file.

    `lines` counts a last line without newline too. `plain_newlines` is false where carriage returns stand anywhere but
    before each newline. `long_line`: some line surely holds a mebibyte or more. `control` says that a control
    character other than tab and newline occurs.
    """

    size: int
    sha256: str
    lines: int
    plain_newlines: bool
    long_line: bool
    control: bool
    ascii: bool


def scan(path: Path) -> Scan:
    """Read the file once."""
    digest = hashlib.sha256()
    size = newlines = returns = pairs = low = tabs = deletes = high = 0
    last = b""
    long_line = False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            values = np.frombuffer(chunk, np.uint8)
            ended = _count(values == _NEWLINE)
            newlines += ended
            long_line |= ended == 0 and len(chunk) == _CHUNK
            if found := _count(values == _RETURN):
                returns += found
                pairs += chunk.count(b"\r\n")
            pairs += last == b"\r" and chunk[:1] == b"\n"
            low += _count(values < 32)
            high += _count(values > 127)
            tabs += _count(values == _TAB)
            deletes += _count(values == _DELETE)
            last = chunk[-1:]
    return Scan(
        size=size,
        sha256=digest.hexdigest(),
        lines=newlines + (size > 0 and last != b"\n"),
        plain_newlines=returns == pairs and returns in (0, newlines),
        long_line=long_line,
        control=low > newlines + returns + tabs or deletes > 0,
        ascii=high == 0,
    )


def _count(mask: np.ndarray) -> int:
    return int(np.count_nonzero(mask))


def marked_encoding(path: Path) -> str | None:
    """The encoding that a byte order mark at the file's start declares."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def likely_encoding(path: Path) -> str:
    """`gb18030` where more of the lines beyond ASCII are GB18030 than UTF-8, else `utf-8`.

    A damaged line decides nothing by itself, so that one bad byte does not turn a UTF-8 file into nonsense.
    """
    votes = {"utf-8": 0, "gb18030": 0}
    with path.open("rb") as file:
        lines = iter(lambda: file.readline(_LINE_SAMPLE_BYTES), b"")
        for line in islice((line for line in lines if not line.isascii()), _SAMPLE_LINES):
            for encoding in votes:
                votes[encoding] += _decodes(line, encoding)
    return "gb18030" if votes["gb18030"] > votes["utf-8"] else "utf-8"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _keep_damage(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes become one surrogate, which `recode` writes as 0xFF: no reader takes that for text."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error("citydeck_keep_damage", _keep_damage)


def recode(path: Path, encoding: str, to: Path) -> None:
    """Write the file again as UTF-8 without mark; undecodable bytes become 0xFF, one each."""
    with (
        path.open(encoding=encoding, errors="citydeck_keep_damage", newline="") as source,
        to.open("w", encoding="utf-8", errors="surrogateescape", newline="") as target,
    ):
        while chunk := source.read(_CHUNK):
            target.write(chunk)
