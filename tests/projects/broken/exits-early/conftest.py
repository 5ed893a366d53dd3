import os

print("the licence has run out", flush=True)
os._exit(3)
