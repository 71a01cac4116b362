"""Places whose names differ in capitals only, as ``grad-U`` and ``grad-u`` do.

Sphinx writes ids in small letters, so that both would be one place of the page. The second gets an id
of its own. References to such an equation are Sphinx's, and led there in HTML; LaTeX keeps the labels
of equations apart by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def setup(app: Sphinx) -> None:
    """Register what keeps the ids, and what has references lead to them."""
    app.add_post_transform(Leading)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)


def plain_id(label: str) -> str:
    """Return the id that Sphinx gives to an equation."""
    return nodes.make_id(f"equation-{label}")


def place_of(env: BuildEnvironment, label: str) -> str:
    """Return the id that an equation has on its page."""
    return _kept(env)[label][1] if label in _kept(env) else plain_id(label)


def apart(env: BuildEnvironment, page: str, label: str, taken: Collection[str]) -> str:
    """Return an id for an equation that is none of those taken, and note it if it is not Sphinx's."""
    name = _free(plain_id(label), taken)
    if name != plain_id(label):
        _kept(env)[label] = (page, name)
    return name


def places(anchors: Iterable[str]) -> dict[str, str]:
    """Return an id for each anchor of a handout, all of them different."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for anchor in anchors:
        found[anchor] = _free(nodes.make_id(anchor), taken)
        taken.add(found[anchor])
    return found


def _free(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}-{n}" for n in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


class Leading(SphinxPostTransform):
    """Resolves references to equations that have an id of their own, before Sphinx does."""

    default_priority = 5
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Replace the references of a page."""
        domain = self.env.domains.math_domain
        for node in list(self.document.findall(pending_xref)):
            label = node["reftarget"]
            if node["refdomain"] != "math" or label not in _kept(self.env):
                continue
            made = domain.resolve_xref(
                self.env, self.env.current_document.docname, self.app.builder, node["reftype"],
                label, node, node,
            )  # fmt: skip
            if made is not None:
                node.replace_self(self._led(made, *_kept(self.env)[label]))

    def _led(self, made: nodes.reference, page: str, name: str) -> nodes.reference:
        if "refid" in made:
            made["refid"] = name
        else:
            made["refuri"] = f"{made['refuri'].rpartition('#')[0]}#{name}"
        if self.config.numfig and self.config.math_numfig:
            # The domain looked under the plain id, which is that of the other equation.
            counted = self.env.toc_fignumbers.get(page, {}).get("displaymath", {})
            number = ".".join(map(str, counted.get(name, ())))
            number = self.config.math_numsep.join(number.rsplit(".", 1))
            made.children = []
            made += nodes.Text(
                (self.config.math_eqref_format or "({number})").format(number=number)
            )
        return made


def _kept(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Return the pages and ids of those equations, by their labels."""
    found: dict[str, tuple[str, str]] = vars(env).setdefault("derive_twins", {})
    return found


def _forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    for label in [label for label, (of, _) in _kept(env).items() if of == page]:
        del _kept(env)[label]


def _merge(app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: Any) -> None:
    of_others: Mapping[str, tuple[str, str]] = _kept(other)
    _kept(env).update({label: of for label, of in of_others.items() if of[0] in set(pages)})
