"""What runs on the FPGA around a classifier."""
