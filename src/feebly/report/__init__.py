"""Text, plots and pages for people."""
