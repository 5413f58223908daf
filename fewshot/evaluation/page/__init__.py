"""The report of an evaluation, as a page that needs nothing but itself."""
