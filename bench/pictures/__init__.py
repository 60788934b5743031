"""What bench/draw.py draws."""
