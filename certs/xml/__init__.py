"""XML signatures (W3C XMLDSig), RSA, ECDSA and SM2: made, judged, and what exactly they signed."""

from certs.xml.document import Bounds
from certs.xml.info import xml_signature_info
from certs.xml.names import EXCLUSIVE, INCLUSIVE, INCLUSIVE_11, Algorithms
from certs.xml.sign import XmlSigningError, sign_xml
from certs.xml.signed import SignedPart
from certs.xml.verify import OpenedXml, open_xml, verify_xml

__all__ = [
    "EXCLUSIVE",
    "INCLUSIVE",
    "INCLUSIVE_11",
    "Algorithms",
    "Bounds",
    "OpenedXml",
    "SignedPart",
    "XmlSigningError",
    "open_xml",
    "sign_xml",
    "verify_xml",
    "xml_signature_info",
]
