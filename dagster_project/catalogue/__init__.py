"""The catalogue of the registry as static pages, in Chinese and English, made by Sphinx.

Belongs here: tables of the registry in, pages out. Does not belong here: values of indicators, settings.
"""


class CatalogueError(RuntimeError):
    """The catalogue could not be built; the message says which page or folder, and why."""
