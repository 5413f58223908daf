"""The tests; one file a module, a sentence a test."""
