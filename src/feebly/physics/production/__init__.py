"""Production of FIPs in the dump, the cheap half: rates per proton on target. See core.interfaces."""
