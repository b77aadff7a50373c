"""Every reason for which a row or a file is kept out, in English and Chinese, and the exception that carries one.

Belongs here: codes and words. Does not belong here: the rules themselves (`check.py`, the readers).
"""

from __future__ import annotations

from dataclasses import dataclass

ROW_LIMIT_BYTES = 1 << 20

_WORDS: dict[str, tuple[str, str]] = {
    # a row that could not be read
    "malformed": ("the row cannot be read: {why}", "该行无法读取:{why}"),
    "encoding": (
        "bytes that are not {encoding} text; save the file again as UTF-8",
        "含有非 {encoding} 字节;请另存为 UTF-8",
    ),
    "too_long": (
        "longer than {limit} bytes; a cell holds a value, not a file",
        "超过 {limit} 字节;单元格只应存放一个值",
    ),
    # a cell that does not fit its column
    "required": ("empty, but required", "必填项为空"),
    "control_character": ("contains a control character; remove it", "含有控制字符;请删除"),
    "formula": ("begins like a spreadsheet formula; give the value itself", "以公式开头;请填写数值本身"),
    "type": ("not a {type}", "不是有效的{type_zh}"),
    "not_finite": ("not a finite number", "不是有限数值"),
    "range": ("outside {low}..{high}", "超出范围 {low}..{high}"),
    "date": ("outside {low}..{high}", "日期超出范围 {low}..{high}"),
    "future": ("published after the landing date {high}", "发布日期晚于入库日期 {high}"),
    "allowed": ("not among {codes}", "不在允许的代码之内:{codes}"),
    "format": ("not written as {pattern}", "格式不符,应为 {pattern}"),
    # a row that does not fit the other rows
    "duplicate": ("the same row stands above with the same {key}", "与上文某行完全重复({key})"),
    "conflict": (
        "several rows with the same {key} differ; keep the right one",
        "{key} 相同的多行内容不一致;请保留正确的一行",
    ),
    # a file
    "kind": (
        "{suffix} is not a known kind of file; use .csv, .jsonl, .parquet or .xlsx",
        "不支持的文件类型 {suffix};请使用 .csv、.jsonl、.parquet 或 .xlsx",
    ),
    "empty": ("the file is empty", "文件为空"),
    "unreadable": ("cannot be opened as {kind}: {why}", "无法按 {kind} 打开:{why}"),
    "too_large": ("unpacks to {size} bytes, the limit is {limit}", "解压后为 {size} 字节,上限为 {limit}"),
    "columns": (
        "the columns do not fit the contract: missing {missing}; unknown {unknown}; twice {twice}",
        "列与合约不符:缺少 {missing};未知 {unknown};重复 {twice}",
    ),
    "sheets": ("{count} sheets hold data; keep one", "有 {count} 个工作表含有数据;请只保留一个"),
    # an entry of the landing folder that is not taken
    "path": ("{kind}, not a plain file; replace it by the file itself", "不是普通文件({kind});请放入文件本身"),
    "unsettled": (
        "still being written; the next landing takes it",
        "文件仍在写入;下次入库时处理",
    ),
    "already": ("the same content has been landed as {file_id}", "相同内容已入库:{file_id}"),
}


@dataclass(frozen=True)
class Reason:
    """A code with its words in both languages."""

    code: str
    message_en: str
    message_zh: str


def reason(code: str, **details: object) -> Reason:
    """The reason `code` with its details filled in."""
    english, chinese = _WORDS[code]
    return Reason(code, english.format(**details), chinese.format(**details))


class Refused(Exception):
    """A file that is kept out as a whole. `rows`: how many it is known to hold, 0 where they cannot be counted."""

    def __init__(self, why: Reason, rows: int = 0) -> None:
        super().__init__(why.message_en)
        self.why = why
        self.rows = rows
