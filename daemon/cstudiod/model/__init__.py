"""The nouns as frozen dataclasses and enums."""
