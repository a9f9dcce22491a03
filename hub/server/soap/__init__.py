"""The SOAP facade: the same record in XML clothes, 1.1 and 1.2, judged by the same hub."""
