"""Data: data sets by name, readers, and the encoder that turns samples into bits."""
