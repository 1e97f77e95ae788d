"""All of the Resolve bridge that calls Resolve's API."""
