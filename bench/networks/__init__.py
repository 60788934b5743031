"""Networks to measure with: as large as one likes, and built like trained ones."""
