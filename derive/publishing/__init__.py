"""A checked document as files: all of them or none, with a manifest."""
