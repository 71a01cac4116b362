"""XeLaTeX: the source of a document, the run, and what its log says."""
