"""The nodes stage: which points the eigenproblem is solved on, and which row belongs to which.

``duplicates`` and ``outliers`` say which rows are left out, ``clean`` asks both, ``cells`` averages
the rest, and ``resolution`` chooses how finely. See docs/decisions/0012-nodes.md.
"""
