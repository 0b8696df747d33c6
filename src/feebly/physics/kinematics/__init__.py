"""Relativistic kinematics: two-body break-up, boosts, the fixed-target centre of mass."""
