"""A federated app small enough to rehearse with: the clients learn a mean, and tell who they are."""
