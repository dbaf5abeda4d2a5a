"""Each kernel against its slow twin, on data so small that it can also be run as Python."""
