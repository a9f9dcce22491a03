"""Locust users. Importing this package replaces the process's sockets: only `loadtests.worker` may."""
