"""What networks cost in hardware, estimated in software: no synthesis, no hardware room."""
