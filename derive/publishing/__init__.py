"""A checked document as files: all of them or none.

Takes a cell, chapters and formats; gives files and their manifest, or an error and no file: an
equation that failed its check, or had none, is such an error.
"""
