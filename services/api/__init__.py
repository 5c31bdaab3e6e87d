"""The public API: configuration, alert groups, actions, traces, and the callbacks of chat products."""
