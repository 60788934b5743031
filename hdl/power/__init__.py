"""What a classifier's nets do over samples, and the energy that it takes."""
