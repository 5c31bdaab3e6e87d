"""The one way to the database: one repository per collection."""
