"""The file that holds a workspace: how it is sealed, what opens it, what it lists."""
