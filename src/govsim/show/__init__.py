"""What people look at: figures, tables, captions."""
