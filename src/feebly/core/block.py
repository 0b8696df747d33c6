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
    U_BODY1 U_BODY2 U_BODY3 U_BODY4
    U_FREE1 U_FREE2 U_FREE3 U_FREE4 U_FREE5 U_FREE6 U_FREE7 U_FREE8 U_FREE9 U_FREE10 U_FREE11 U_FREE12
    WHERE M12 M123 COS12 COS3 TWIST
    PX3 PY3 PZ3 PX4 PY4 PZ4
    MOM3 MOM4 TX3 TY3 TX4 TY4 DX3 DY3 DX4 DY4 MX3 MY3 MX4 MY4
    HX3 HY3 SX3 SY3 RP3 HX4 HY4 SX4 SY4 RP4
    QX1 QY1 QZ1 QX2 QY2 QZ2 QX3 QY3 QZ3
    KX1 KY1 KZ1 KE1 KX2 KY2 KZ2 KE2 KX3 KY3 KZ3 KE3 KX4 KY4 KZ4 KE4 KX5 KY5 KZ5 KE5 KX6 KY6 KZ6 KE6
    LX1 LY1 LX2 LY2 LX3 LY3 LX4 LY4 LX5 LY5 LX6 LY6
    CX1 CY1 CE1 CX2 CY2 CE2 CX3 CY3 CE3 CX4 CY4 CE4 CX5 CY5 CE5 CX6 CY6 CE6
    RPX RPY RPZ RE
    N0 N1 N2 N3 N4 N5 N6 N7 N8 N9 N10 N11 N12 N13 N14 N15 N16 N17 N18 N19
    SCALE1 SCALE2 SCALE3
""".split()  # noqa: SIM905  (a picture of the rows, not a list)
# Line by line: uniform numbers, first those that the importance map shapes (MADE: production; the fourth is
# never mapped); weight, original index in the block, map Jacobian; production point, direction, momentum and
# energy; decay vertex and (z - z0)/p_z; daughters' momenta, their sizes (MOM), true slopes before (T) and
# after (D) the magnet, positions in the magnet (M); measured tracks at the first chamber; reconstructed
# vertex, mass, pointing; normal deviates; labels.
# More than two bodies: uniform numbers that the map may shape (BODY) and others (FREE); where an event was
# after production; masses of the first two and three bodies and their angles; tracks 3 and 4 as 1 and 2;
# momenta of decaying mesons (Q) and of photons (K, with their energies), impacts of photons on the
# calorimeter (L), clusters (C: position, energy); measured total momentum and energy; normal deviates;
# what the energies of the clusters of each meson were multiplied by (SCALE).

ROWS = {name: k * STRIDE for k, name in enumerate(_ROW_NAMES)}
SCRATCH_SIZE = len(_ROW_NAMES) * STRIDE
RANDOM_ROWS = 12
NORMAL_ROWS = 10
BODY_ROWS, FREE_ROWS, MORE_NORMAL_ROWS = 4, 12, 20
FIRST_MAPPED = 6  # the importance map shapes the first of these rows, then U_BODY1, ...

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
U_BODY, U_FREE, N0 = ROWS["U_BODY1"], ROWS["U_FREE1"], ROWS["N0"]
WHERE, M12, M123 = ROWS["WHERE"], ROWS["M12"], ROWS["M123"]
COS12, COS3, TWIST = ROWS["COS12"], ROWS["COS3"], ROWS["TWIST"]
RPX, RPY, RPZ, RE = ROWS["RPX"], ROWS["RPY"], ROWS["RPZ"], ROWS["RE"]
