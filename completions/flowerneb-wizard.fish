# Completion of fish, loaded at the first Tab: asks the program, so that it is of the version that is installed.
command -q flowerneb-wizard; and flowerneb-wizard completion fish | source
