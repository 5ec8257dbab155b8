"""What the report is made of: tables, figures, conversations, the verdict, and their forms."""
