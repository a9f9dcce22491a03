"""老接口 / Legacy: systems connected through an adapter, in their own dialect (C03, C17)."""
