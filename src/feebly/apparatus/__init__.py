"""The apparatus: experiment data, apertures, transport, response, reconstruction."""
