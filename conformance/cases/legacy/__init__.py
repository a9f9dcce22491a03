"""Legacy 老接口: systems connected through an adapter, in their own dialect (C03, C17)."""
