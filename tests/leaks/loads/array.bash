#!/bin/bash
# Keeps each line that it was ever told in an array.
while :; do
    for _ in 1 2 3 4 5; do
        printf -v line '%016384d' $((number++))
        lines+=("$line")
    done
    sleep 1
done
