"""Nodes of docutils as words and signs: what a page says, in order, and what stands within what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from docutils import nodes
from sphinx.addnodes import pending_xref

from derive.reading.passage import Passage, ReadingError
from derive.reading.words import Word, WordSequence
from derive.sphinx.drawings import bptt_drawing

_MARKS: dict[type[nodes.Element], str] = {nodes.strong: "**", nodes.emphasis: "*"}


@dataclass
class NodeWords:
    """Reads the words of some nodes; one that it does not know is refused.

    A sign says where a node begins, and one where it ends if others can stand in it.
    """

    made: Iterable[nodes.Node]
    document: Passage
    words: WordSequence = field(default_factory=WordSequence)

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for a node that has no place on a page."""
        for node in self.made:
            self._node(node)
        return self.words.taken()

    def _node(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Text):
            self.words.text(node.astext())
            return
        read = _READERS.get(type(node))
        if read is None or not isinstance(node, nodes.Element):
            problem = f"a node {type(node).__name__} is read, of which a page has none"
            raise ReadingError(problem, self.document, self.document.start)
        read(self, node)

    def _inside(self, node: nodes.Element) -> None:
        for child in node.children:
            self._node(child)

    def _opened(self, node: nodes.Element) -> None:
        self.words.sign(_name(node))
        self._inside(node)

    def _enclosed(self, node: nodes.Element) -> None:
        self._opened(node)
        self.words.sign("end", _name(node))

    def _placed(self, node: nodes.Element) -> None:
        """Read what can be referred to by its id."""
        self.words.sign(_name(node), " ".join(node["ids"]))
        self._inside(node)
        self.words.sign("end", _name(node))

    def _listed(self, node: nodes.Element) -> None:
        said = [node.get(key, "") for key in ("enumtype", "start", "prefix", "suffix")]
        self.words.sign(_name(node), " ".join(map(str, filter(None, said))))
        self._inside(node)
        self.words.sign("end", _name(node))

    def _grouped(self, node: nodes.Element) -> None:
        columns = sum(isinstance(child, nodes.colspec) for child in node.children)
        self.words.sign(_name(node), f"{node['cols']} {columns}")
        self._inside(node)

    def _passed(self, node: nodes.Element) -> None:
        """Read nothing: how wide a column is says nothing."""

    def _entry(self, node: nodes.Element) -> None:
        self.words.sign(_name(node), " ".join(k for k in ("morecols", "morerows") if k in node))
        self._inside(node)

    def _marked(self, node: nodes.Element) -> None:
        mark = _MARKS[type(node)]
        self.words.sign("mark", mark)
        self._inside(node)
        self.words.sign("mark", mark)

    def _anchor(self, node: nodes.Element) -> None:
        self.words.sign("anchor", str(node.get("equation")))

    def _display(self, node: nodes.Element) -> None:
        self.words.sign("display", str(node.get("label")))

    def _drawing(self, node: nodes.Element) -> None:
        self.words.sign("drawing", node["figure"])
        self.words.sign("alternative", node["alt"])

    def _formula(self, node: nodes.Element) -> None:
        self.words.sign("formula")

    def _code(self, node: nodes.Element) -> None:
        self.words.sign("code", " ".join(node.astext().split()))

    def _listing(self, node: nodes.Element) -> None:
        self.words.sign("listing", f"{node.get('language')} {node.astext()}")

    def _link(self, node: nodes.Element) -> None:
        self.words.sign("link")
        self._inside(node)
        web = "refuri" in node
        self.words.sign("web" if web else "target", node["refuri"] if web else node["refid"])

    def _reference(self, node: nodes.Element) -> None:
        """Read what Sphinx puts the number of something in place of."""
        said = [node[key] for key in ("refdomain", "reftype", "reftarget")]
        self.words.sign("reference", " ".join([*said, *(["named"] if node["refexplicit"] else [])]))


def _name(node: nodes.Element) -> str:
    return type(node).__name__


_READERS: dict[type[nodes.Node], Callable[[NodeWords, nodes.Element], None]] = {
    nodes.section: NodeWords._placed,
    nodes.figure: NodeWords._placed,
    nodes.table: NodeWords._placed,
    nodes.container: NodeWords._placed,
    nodes.title: NodeWords._opened,
    nodes.caption: NodeWords._opened,
    nodes.paragraph: NodeWords._opened,
    nodes.bullet_list: NodeWords._listed,
    nodes.enumerated_list: NodeWords._listed,
    nodes.list_item: NodeWords._enclosed,
    nodes.tgroup: NodeWords._grouped,
    nodes.colspec: NodeWords._passed,
    nodes.thead: NodeWords._opened,
    nodes.tbody: NodeWords._opened,
    nodes.row: NodeWords._opened,
    nodes.entry: NodeWords._entry,
    nodes.target: NodeWords._anchor,
    nodes.math_block: NodeWords._display,
    bptt_drawing: NodeWords._drawing,
    nodes.literal_block: NodeWords._listing,
    nodes.math: NodeWords._formula,
    nodes.literal: NodeWords._code,
    nodes.strong: NodeWords._marked,
    nodes.emphasis: NodeWords._marked,
    nodes.reference: NodeWords._link,
    pending_xref: NodeWords._reference,
}
