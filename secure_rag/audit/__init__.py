"""The audit log: events, canonical records, Merkle tree, sealed epochs, verification."""
