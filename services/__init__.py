"""One folder per service; services never import each other."""
