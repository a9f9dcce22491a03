"""交换 / Exchange: envelope, signatures, receipts, retries (areas C03, C06, C17, C20)."""
