"""Point patterns in any polygon: density surfaces, K and its kin, relative measures, envelopes."""
