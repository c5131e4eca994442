"""What runs in a studio: starts its servers and keeps them; standard library, Python 3.8 syntax."""
