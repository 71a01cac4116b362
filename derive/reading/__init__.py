"""From the text of a formula, as it stands in a document, back to expressions.

Takes a text, a notation and the quantities that a formula may speak of; gives expressions of
`derive.expressions`. It knows nothing of the printers: what they wrote is read as any text is.

The way of a formula: `tokens` cuts the text into words, `parser` makes a `tree` of them, which says
how the signs belong together, and `meaning` gives the tree its quantities, of a `vocabulary`.
Whatever can't be read is refused, with its line and column and what was expected there.
"""
