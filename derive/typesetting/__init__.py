"""From expressions to text: letters, colours, line breaks.

Takes expressions and a notation; gives TeX and plain text.
"""
