"""The only part of the bridge that imports `nuke`."""
