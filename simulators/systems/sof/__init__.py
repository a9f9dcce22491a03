"""The SOF server of a simulated CA (papers: `gateways/sof`): gate, three codecs, one function table."""
