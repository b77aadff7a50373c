"""What the pages need of Sphinx beyond what it brings: search of Chinese text, and tables that are read fast."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage
from sphinx.util.docutils import SphinxDirective

WORD = re.compile(r"[一-鿿]+|[^\W一-鿿]+")
# A cell of more columns of text than this wants to be wide enough to be read; a Chinese character takes two.
LONG = 50
BAR = re.compile(r"(?<!\\)\|")


class Chinese(SearchLanguage):
    """Search without a dictionary: whole runs of Chinese characters and their pairs go into the index.

    Sphinx looks a word of two characters up as it stands and finds a longer one inside a longer term, so that any part
    of a name leads to its page.
    """

    lang = "zh"
    language_name = "Chinese"

    def split(self, input: str) -> list[str]:
        """The words of a text, as they go into the index."""
        words = WORD.findall(input)
        pairs = [word[at : at + 2] for word in words if word > "一" for at in range(len(word) - 1)]
        return [*words, *pairs]

    def word_filter(self, word: str) -> bool:
        """Every word counts."""
        return True


class Cells(SphinxDirective):
    """A table: a line for each row, the head first, bars between cells. Sphinx's own read each cell as a document."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The table's nodes."""
        head, *body = ([cell.strip() for cell in BAR.split(line)] for line in self.content)
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
        group += nodes.thead("", self._row(head))
        group += nodes.tbody("", *map(self._row, body))
        return [nodes.table("", group, classes=["colwidths-auto"])]

    def _row(self, cells: list[str]) -> nodes.row:
        row = nodes.row()
        for cell in cells:
            text = nodes.paragraph("", "", *self.parse_inline(cell)[0])
            width = sum(2 if letter >= "一" else 1 for letter in text.astext())
            row += nodes.entry("", *([text] if cell else []), classes=["long"] if width > LONG else [])
        return row


def setup(app: Sphinx) -> dict[str, bool]:
    """Make them known to Sphinx."""
    app.add_search_language(Chinese)
    app.add_directive("cells", Cells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
