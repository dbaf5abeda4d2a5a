"""Sphinx configuration; ``make docs`` builds with warnings as errors."""

import hessmap

project = "hessmap"
author = "The hessmap developers"
copyright = "2026, the hessmap developers"
version = release = hessmap.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser"]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath"]
exclude_patterns = ["_build", "trust-tables.md"]
autodoc_mock_imports = ["torch"]  # of gigabytes, and the pages need none of it
html_theme = "pydata_sphinx_theme"
html_title = "hessmap"
