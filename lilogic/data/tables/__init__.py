"""Tables: files and data frames, whose columns become features by a schema that is kept."""
