"""The client of OpenNebula: OneFlow over REST, oned over XML-RPC, behind a few verbs."""
