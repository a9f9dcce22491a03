"""Who may fetch a file.

| who | when |
|---|---|
| the member that sent its bytes | always |
| a receiver of a record naming it | its delivery is not sealed, it may see every field of the stage, and |
| | the record's sender has sent the file itself |
| anybody else, the centre too | never; the answer is the one to a digest nobody knows |

The last condition of the second row matters: otherwise whoever has learnt a digest could name it in a
record of its own and have a friend fetch what neither of them ever had.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.files.name import Name
from hub.index.port import FileRow, Index
from hub.standard import Standard
from hub.standard.telling import whole


def readable(
    index: Index, standard: Standard, kind_of: Mapping[str, str], principal: str, name: Name
) -> FileRow | None:
    """The arrival through which this principal may read; None for everybody else, at the same cost."""
    own, shown = index.file(principal, name.text), index.file_shown(name.text, principal)
    if own is not None:
        return own
    for sender, stage in shown:
        if whole(standard.stage(stage), kind_of.get(principal, "")):
            row = index.file(sender, name.text)
            if row is not None:
                return row
    return None
