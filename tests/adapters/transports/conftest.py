"""Fixtures of this folder; their makers stand in a file whose name nobody else has."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from servers_kit import ftp, mounted, postgres, remote, sftp

__all__ = ["ftp", "mounted", "postgres", "remote", "sftp"]
