"""The HTTP door: creates videos and jobs, takes uploads, shows progress and results."""
