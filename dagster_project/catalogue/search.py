"""Search of Chinese text without a dictionary: whole runs of characters and their pairs go into the index.

Sphinx looks a word of two characters up as it stands and finds a longer one inside a longer term, so that any part of
a name leads to its page.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

WORD = re.compile(r"[一-鿿]+|[^\W一-鿿]+")


class Chinese(SearchLanguage):
    """Runs of Chinese characters with their pairs; other words whole."""

    lang = "zh"
    language_name = "Chinese"

    def split(self, input: str) -> list[str]:
        words = WORD.findall(input)
        pairs = [word[at : at + 2] for word in words if word > "一" for at in range(len(word) - 1)]
        return [*words, *pairs]

    def word_filter(self, word: str) -> bool:
        return True


def setup(app: Sphinx) -> dict[str, bool]:
    """Make it the search language of the Chinese site."""
    app.add_search_language(Chinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
