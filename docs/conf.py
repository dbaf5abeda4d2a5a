"""Sphinx configuration; ``make docs`` builds with warnings as errors."""

import hessmap

project = "hessmap"
author = "The hessmap developers"
copyright = "2026, the hessmap developers"
version = release = hessmap.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "numpydoc",
    "myst_parser",
]
templates_path = ["_templates"]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath"]
exclude_patterns = ["_build", "_templates", "trust-tables.md"]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("hessmap",),
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "capture_repr": (),  # examples print what they show
    "reset_modules": ("matplotlib",),
    "thumbnail_size": (400, 280),
    "min_reported_time": 1,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "remove_config_comments": True,
}
html_theme = "pydata_sphinx_theme"
html_title = "hessmap"
