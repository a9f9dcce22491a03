"""Files that messages name by digest: taken in, kept closed, shown to those who may see them."""

from hub.files.desk import Files
from hub.files.name import Name
from hub.files.offer import Offer, Progress
from hub.files.opening import open_files
from hub.files.reading import readable
from hub.files.stored import Opened

__all__ = ["Files", "Name", "Offer", "Opened", "Progress", "open_files", "readable"]
