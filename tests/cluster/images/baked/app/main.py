VERSION = "old"


def greeting():
    return "hello from the image"
