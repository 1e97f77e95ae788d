"""SparkVSR inside Nuke. Stdlib only, Python 3.9 syntax: it runs in the Python of Nuke 14 to 16."""
