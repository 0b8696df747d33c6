"""What feebly offers to other programs, in their own formats and interfaces."""
