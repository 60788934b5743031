"""What a folded classifier has instead of heads and argmax side by side: the same, class by class.

A sequencer steps through the words of a ``Schedule`` from the moment a sample is taken. Its flags
travel beside the sample, through as many registers, so they reach each part together with what
they are about.
"""
