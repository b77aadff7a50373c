"""The catalogue of the registry as static pages, in Chinese and English, made by Sphinx.

Belongs here: tables of the registry in, pages out. Does not belong here: values of indicators, settings.
"""

from dagster_project.catalogue.site import CatalogueError, build

__all__ = ["CatalogueError", "build"]
