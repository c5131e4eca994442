"""Zones on the server's side: which folder, what is in it, and its history.

layout    zone, project, studio and user -> a folder (pure)
folders   makes, measures and removes those folders; never follows a link
starters  puts starter files in, once
history   commits what studios changed, in git repositories
"""
