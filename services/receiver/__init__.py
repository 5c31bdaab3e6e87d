"""Takes webhooks and heartbeat pings and makes them safe before it answers."""
