"""Is this certificate, and this signature, one that the province believes? With or without a token alike."""

from certs.recognition.judging import recognise
from certs.recognition.recogniser import Recogniser
from certs.recognition.recognition import Recognition
from certs.recognition.tolerance import tolerated

__all__ = ["Recogniser", "Recognition", "recognise", "tolerated"]
