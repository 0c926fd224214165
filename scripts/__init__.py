"""What developers run: see the README."""
