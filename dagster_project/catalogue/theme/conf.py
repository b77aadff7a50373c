"""Sphinx's settings that both languages share; language, title and the like come with the command (`site.py`)."""

extensions = ["dagster_project.catalogue.sphinx_parts"]
html_theme = "furo"
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
html_static_path = ["static"]
html_css_files = ["catalogue.css"]
templates_path = ["."]
html_copy_source = False
html_show_search_summary = False
smartquotes = False
html_use_index = False
