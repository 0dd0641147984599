"""The sentences that the books must obey, each with the query that finds every row which does not.

Grouped by what they are about; `postcards.services.checking` runs them all at one instant.
"""
