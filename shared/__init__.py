"""The library that every service stands on; it never imports a service."""
