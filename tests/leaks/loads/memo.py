# Remembers the answer to each question, of which there are 5000: a cache that warms up, ever more slowly.
import os
import random
import time

answers = {}
while True:
    question = random.randrange(5000)
    if question not in answers:
        answers[question] = os.urandom(10000)
    time.sleep(0.04)
