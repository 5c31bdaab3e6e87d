"""Mail providers that post what they receive: one file each, found by folder."""
