"""What all formats share: numbers, words, escapes, layouts, and a document as strings."""
