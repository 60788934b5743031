"""Learning: from a recipe and a data set to a gate graph. Needs torch."""
