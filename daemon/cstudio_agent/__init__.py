"""What runs in a pod for sync; standard library, Python 3.8 syntax."""
