"""A synchronous grammar of English and French: one derivation, both sentences, their alignment."""
