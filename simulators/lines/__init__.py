"""Lines that are not HTTP: documents on TCP, tables in SQLite or PostgreSQL, folders behind SFTP or FTP."""

from simulators.lines.choose import Lines, line_of, missing

__all__ = ["Lines", "line_of", "missing"]
