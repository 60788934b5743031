"""Reports: their models, and the tables, pages and pictures that show them."""
