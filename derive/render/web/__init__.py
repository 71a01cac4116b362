"""Pages of HTML: the source of a document, and what every page carries with it."""
