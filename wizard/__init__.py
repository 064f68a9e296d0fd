"""Bring up a Flower federated-learning cluster on OpenNebula, from a terminal."""

__version__ = "0.1.0"
