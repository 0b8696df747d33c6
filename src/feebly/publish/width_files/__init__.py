"""Tables N(m, Γ) in files: ALPINIST's layout out and in, CSV and HEPData grids in."""
