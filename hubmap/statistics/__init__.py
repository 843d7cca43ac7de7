"""Density statistics: one module a question; each number with unit, interval and denominator."""
