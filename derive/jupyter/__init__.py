"""Derivations in notebooks: ``%load_ext derive``, then ``%bptt`` and ``%%bptt``.

Takes lines and cells of a notebook; gives objects that show themselves there.
"""

from __future__ import annotations

from derive.resources import require_extra

require_extra("IPython", "jupyter")
