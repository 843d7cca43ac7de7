"""Hub reports: sentences, tables, figures, methods and sources, as Markdown and HTML."""
