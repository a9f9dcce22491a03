"""The main job, shown: a hub and simulated systems as processes, business flows, and proof that they worked.

Speaks to everything over HTTP, JSON and files, as a stranger would; imports nothing of the simulators.
"""
