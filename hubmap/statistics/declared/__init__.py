"""The declared statistics, one module a question; ``catalogue`` names them all."""
