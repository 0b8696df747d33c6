"""Documentation of feebly: `make docs` builds docs/_build/html, warnings are errors, nothing is fetched."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "feebly"
author = copyright = "the feebly developers"
release = version = installed_version("feebly")

extensions = ["myst_parser", "sphinx.ext.autodoc", "generated_reference"]
exclude_patterns = ["_build", "_ext", "figures"]
root_doc = "index"

myst_heading_anchors = 3
suppress_warnings = ["myst.strikethrough"]

# docstrings are plain text with `names` in backticks
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
autodoc_type_aliases = {
    name: name for name in ("ArrayLike", "FloatArray", "IntArray", "BoolArray", "Report", "Progress")
}
# types in signatures: those of other packages have no page here, and nothing is fetched to link them
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "furo"
html_title = f"feebly {release}"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_theme_options = {"navigation_with_keys": False}
