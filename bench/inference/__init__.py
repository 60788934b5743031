"""Ways to classify with the same network, which ``bench/infer.py`` measures."""
