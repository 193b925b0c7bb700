"""The subcommands of `segue`, one file each. They parse, call `tools`, and print; they decide nothing."""
