"""Decisions over time: step(state, event) -> Step(state, commands)."""
