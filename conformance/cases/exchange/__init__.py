"""Exchange 交换: envelope, signatures, receipts, retries (areas C03, C06, C17, C20)."""
