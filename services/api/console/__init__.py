"""The console: server-rendered pages that work without JavaScript and are live with it."""
