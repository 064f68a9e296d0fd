"""The screens, in the order in which an operator meets them."""
