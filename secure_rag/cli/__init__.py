"""The command line: one file per noun, `context` for what all share, `render` for output."""
