"""The profile that certificates are asked to follow, and a lint for it."""

from certs.profile.lint import LOOKS, Finding, check_profile, lint
from certs.profile.wish import RULES, Profile

__all__ = ["LOOKS", "RULES", "Finding", "Profile", "check_profile", "lint"]
