"""HEPData records (schema 1.1.1): written from a run, read as limits and grids, checked."""
