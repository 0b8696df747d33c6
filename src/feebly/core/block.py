"""The scratch that all compiled stages share: rows of one block of events in one flat float64 array.

A stage reads and writes ``s[ROW + i]`` for ``i < n``. One flat array with constant offsets, not many arrays:
LLVM then knows at compile time that two rows never overlap and vectorises every loop without run-time
alias checks. A row is named once, here; each stage says in its docstring which rows it needs and which
it fills.

Units: GeV, metres; directions are unit vectors; slopes are dx/dz.
"""

from __future__ import annotations

BLOCK = 512  # events per block: the rows in use (about 300 kB) stay in the second-level cache
# From row to row: not the 4096 bytes of 512 numbers, which would put entry i of every row into the same set
# of the first-level cache (measured: the transport stages twice as slow).
STRIDE = BLOCK + 8

_ROW_NAMES = """
    U_AIM_RADIUS U_DECAY_Z U_DECAY_COS U_MADE1 U_MADE2 U_MADE3
    U_AIM_PHI U_DECAY_PHI U_SPOT_RADIUS U_SPOT_PHI U_DEPTH U_MADE4
    WEIGHT INDEX JACOBIAN
    X0 Y0 Z0 NX NY NZ P E
    XV YV ZV TAU
    PX1 PY1 PZ1 PX2 PY2 PZ2
    MOM1 MOM2 TX1 TY1 TX2 TY2 DX1 DY1 DX2 DY2 MX1 MY1 MX2 MY2
    HX1 HY1 SX1 SY1 RP1 HX2 HY2 SX2 SY2 RP2
    RXV RYV RZV CDA MASS ZTAX CDATAX
    G0 G1 G2 G3 G4 G5 G6 G7 G8 G9
    MASK REGION
""".split()  # noqa: SIM905  (a picture of the rows, not a list)
# Line by line: uniform numbers, first those that the importance map shapes (MADE: production; the fourth is
# never mapped); weight, original index in the block, map Jacobian; production point, direction, momentum and
# energy; decay vertex and (z - z0)/p_z; daughters' momenta, their sizes (MOM), true slopes before (T) and
# after (D) the magnet, positions in the magnet (M); measured tracks at the first chamber; reconstructed
# vertex, mass, pointing; normal deviates; labels.

ROWS = {name: k * STRIDE for k, name in enumerate(_ROW_NAMES)}
SCRATCH_SIZE = len(_ROW_NAMES) * STRIDE
RANDOM_ROWS = 12
NORMAL_ROWS = 10

# Compiled code needs plain module constants, so each row's offset is spelled out from the one table.
U_AIM_RADIUS, U_DECAY_Z, U_DECAY_COS = ROWS["U_AIM_RADIUS"], ROWS["U_DECAY_Z"], ROWS["U_DECAY_COS"]
U_MADE1, U_MADE2, U_MADE3 = ROWS["U_MADE1"], ROWS["U_MADE2"], ROWS["U_MADE3"]
U_MADE4 = ROWS["U_MADE4"]
U_AIM_PHI, U_DECAY_PHI = ROWS["U_AIM_PHI"], ROWS["U_DECAY_PHI"]
U_SPOT_RADIUS, U_SPOT_PHI, U_DEPTH = ROWS["U_SPOT_RADIUS"], ROWS["U_SPOT_PHI"], ROWS["U_DEPTH"]
U0 = U_AIM_RADIUS  # first of the uniform numbers
WEIGHT, INDEX, JACOBIAN = ROWS["WEIGHT"], ROWS["INDEX"], ROWS["JACOBIAN"]
X0, Y0, Z0 = ROWS["X0"], ROWS["Y0"], ROWS["Z0"]
NX, NY, NZ = ROWS["NX"], ROWS["NY"], ROWS["NZ"]
P, E = ROWS["P"], ROWS["E"]
XV, YV, ZV, TAU = ROWS["XV"], ROWS["YV"], ROWS["ZV"], ROWS["TAU"]
PX1, PY1, PZ1 = ROWS["PX1"], ROWS["PY1"], ROWS["PZ1"]
PX2, PY2, PZ2 = ROWS["PX2"], ROWS["PY2"], ROWS["PZ2"]
MOM1, MOM2 = ROWS["MOM1"], ROWS["MOM2"]
TX1, TY1, TX2, TY2 = ROWS["TX1"], ROWS["TY1"], ROWS["TX2"], ROWS["TY2"]
DX1, DY1, DX2, DY2 = ROWS["DX1"], ROWS["DY1"], ROWS["DX2"], ROWS["DY2"]
MX1, MY1, MX2, MY2 = ROWS["MX1"], ROWS["MY1"], ROWS["MX2"], ROWS["MY2"]
HX1, HY1, SX1, SY1, RP1 = ROWS["HX1"], ROWS["HY1"], ROWS["SX1"], ROWS["SY1"], ROWS["RP1"]
HX2, HY2, SX2, SY2, RP2 = ROWS["HX2"], ROWS["HY2"], ROWS["SX2"], ROWS["SY2"], ROWS["RP2"]
RXV, RYV, RZV, CDA, MASS = ROWS["RXV"], ROWS["RYV"], ROWS["RZV"], ROWS["CDA"], ROWS["MASS"]
ZTAX, CDATAX = ROWS["ZTAX"], ROWS["CDATAX"]
(G0, G1, G2, G3, G4, G5, G6, G7, G8, G9) = (ROWS[f"G{k}"] for k in range(10))
MASK, REGION = ROWS["MASK"], ROWS["REGION"]
