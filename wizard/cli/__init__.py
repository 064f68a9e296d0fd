"""The commands, one a module. Whatever is heavy is imported inside the command that needs it."""
