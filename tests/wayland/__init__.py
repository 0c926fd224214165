"""Wayland: a real sway without a monitor, real portals, and portals that behave as none should."""
