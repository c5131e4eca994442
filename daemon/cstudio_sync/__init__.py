"""The pure heart of sync: values in, values out; standard library, Python 3.8 syntax."""
