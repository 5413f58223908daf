"""A trained model in one file: how it is written, read, checked and run, without TensorFlow."""
