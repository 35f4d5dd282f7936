// Exists to own the precompiled header.
