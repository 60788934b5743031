"""What a compiled classifier takes: area after mapping, clock after routing."""
